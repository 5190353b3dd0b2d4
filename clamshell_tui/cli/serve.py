"""``clamshell serve``: a live run for people and bots."""

from pathlib import Path

import click

from clamshell_tui.cli.scenario_files import find
from clamshell_tui.scenario.load import load_scenario

DEFAULT_PORT = 7777

_EPILOG = """\b
Examples:
  clamshell serve quickstart
  clamshell serve mine.toml --db run.db --port 0
  clamshell serve quickstart --bot-seats 12 --seats 3 --speed 20x
  clamshell serve quickstart --lan --ssh 2222 --web 8443
"""


def _speed(context: click.Context, option: click.Parameter, text: str) -> float:
    """``20x`` or ``20``: above 0, up to 1000."""
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0.0 < speed <= 1000.0:
        raise click.BadParameter(f'"{text}" is not a speed; write 20x, at most 1000x')
    return speed


@click.command(epilog=_EPILOG)
@click.argument("scenario", metavar="SCENARIO")
@click.option(
    "--db",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The run file: begun if it is not there, gone on with if it is.",
)
@click.option("--host", metavar="H", help="Address to listen on. Default: 127.0.0.1.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--lan", is_flag=True, help="Let other machines in: listen everywhere, encrypted with TLS."
)
@click.option(
    "--insecure-lan", is_flag=True, help="Let other machines in without encryption. Do not."
)
@click.option(
    "--ssh",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="Let people join with ssh CODE@host -p PORT, without installing anything; 0: any.",
)
@click.option(
    "--web",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="Let people join in a browser; 0: any.",
)
@click.option("--headless", is_flag=True, help="Print the machine-readable lines, nothing else.")
@click.option("--plain", is_flag=True, help="Print lines instead of showing the screen.")
@click.option(
    "--speed", metavar="X", callback=_speed, default="1x", help="Run faster than the wall: 20x."
)
@click.option(
    "--seats", type=click.IntRange(0, 10_000), help="Join codes for people. Default: a full pool."
)
@click.option("--bot-seats", type=click.IntRange(0, 10_000), default=0, help="Join codes for bots.")
@click.option(
    "--codes-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write codes and tokens to this file (0600) instead of stdout.",
)
@click.option(
    "--code-minutes",
    type=click.FloatRange(0, min_open=True),
    default=30.0,
    show_default=True,
    help="How long a join code is good that nobody used; a restart renews it.",
)
@click.option(
    "--linger",
    type=click.FloatRange(0),
    default=10.0,
    show_default=True,
    help="Seconds to wait at the end for who is away, to give them their statement.",
)
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a setting.")
@click.option("--max-connections", type=click.IntRange(1, 10_000), help="Refuse more than these.")
@click.option(
    "--max-per-address",
    type=click.IntRange(1, 10_000),
    help="Of these, as many may come from one address. Default: 32; from this machine, all.",
)
@click.option(
    "--max-rate",
    type=click.FloatRange(1),
    default=20.0,
    show_default=True,
    help="Messages a second that one client may send; who sends more is read more slowly.",
)
@click.pass_context
def command(
    context: click.Context,
    scenario: str,
    db: Path | None,
    host: str | None,
    port: int,
    lan: bool,
    insecure_lan: bool,
    ssh: int | None,
    web: int | None,
    headless: bool,
    plain: bool,
    speed: float,
    seats: int | None,
    bot_seats: int,
    codes_file: Path | None,
    code_minutes: float,
    linger: float,
    settings: tuple[str, ...],
    max_connections: int | None,
    max_per_address: int | None,
    max_rate: float,
) -> None:
    """Let people and bots label the records of a scenario, live.

    In a terminal, shows the operator's screen, with the lines that people join with; closing it
    does nothing to the run. Else prints one line for each fact: the address, a join code per seat
    (single use), and the tokens of operators and requesters. The run is kept in one file; after a
    crash, the same command with the same --db goes on where it was.

    SIGTERM lets work in hand be finished; a second one, or Ctrl-C, stops at once. A closed terminal
    does not stop it.
    """
    import asyncio

    from clamshell_tui.cli.serving import serve_with_screen
    from clamshell_tui.cli.ways_in import ways_in
    from clamshell_tui.coordinator.assemble import Options
    from clamshell_tui.coordinator.limits import Limits
    from clamshell_tui.coordinator.serve import serve
    from clamshell_tui.runfile.output_path import new_run_file
    from clamshell_tui.terminal.capabilities import why_no_screen

    path = find(scenario)
    loaded = load_scenario(path, settings)
    if seats is None:
        seats = max(0, loaded.pool.size + loaded.pool.reserve - bot_seats)
    db = db or new_run_file(loaded.name, "--db")
    _check_places(db, codes_file, [path, *(path.parent / name for name in loaded.files)])
    options = Options(
        scenario=loaded,
        base=path.parent,
        db=db,
        host=_host(host, lan, insecure_lan),
        lan=lan,
        port=port,
        speed=speed,
        seats=seats,
        bot_seats=bot_seats,
        codes_file=codes_file,
        headless=headless,
        linger=linger,
        limits=Limits(
            connections=max_connections or max(200, 2 * (seats + bot_seats)),
            per_address=max_per_address,
            per_second=max_rate,
            burst=2 * max_rate,
            code=60.0 * code_minutes,
        ),
    )
    gateways = ways_in(options, ssh=ssh, web=web)
    if not why_no_screen() and not headless and not plain:
        context.exit(asyncio.run(serve_with_screen(options, gateways)))
    context.exit(asyncio.run(serve(options, gateways=gateways)))


def _check_places(db: Path, codes_file: Path | None, read: list[Path]) -> None:
    """Before anything is begun; that ``db`` is a run if it is there, recovery checks."""
    from clamshell_tui.runfile.output_path import check_apart, check_place
    from clamshell_tui.wire.invitation import codes_beside, looks_like_codes

    check_apart({"--db": db, "--codes-file": codes_file}, read)
    for file in (codes_beside(db), codes_file):
        if file is not None:
            check_place(file, overwrite=True, ours=looks_like_codes, kind="a file of join codes")


def _host(host: str | None, lan: bool, insecure_lan: bool) -> str:
    """Where to listen; nobody's answers leave this machine in the clear by mistake."""
    if host is None:
        return "0.0.0.0" if lan or insecure_lan else "127.0.0.1"
    if host not in {"127.0.0.1", "::1", "localhost"} and not (lan or insecure_lan):
        raise click.UsageError(f"--host {host} lets other machines in: add --lan, for encryption")
    return host
