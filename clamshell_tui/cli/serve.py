"""``clamshell serve``: a live run for people and bots."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from clamshell_tui.cli.options import complete_scenario, path_option, refuse_together
from clamshell_tui.number_range import NumberRange, SpeedRange
from clamshell_tui.open_files import allow_connections
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.shipped import find

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from clamshell_tui.coordinator.assemble import Options
    from clamshell_tui.coordinator.limits import Limits
    from clamshell_tui.coordinator.live import LiveService
    from clamshell_tui.coordinator.serve import Coordinator
    from clamshell_tui.coordinator.study.service import StudyOptions

DEFAULT_PORT = 7777

_EPILOG = """\b
Examples:
  clamshell serve quickstart
  clamshell serve mine.toml --db run.db --port 0
  clamshell serve quickstart --bot-seats 12 --seats 3 --speed 20x
  clamshell serve quickstart --lan --ssh 2222 --web 8443
  clamshell serve study.toml --db folder --lan --ssh 2222
"""


class ServeArguments(NamedTuple):
    """The arguments of the command, by the names of its parameters."""

    scenario: str
    db: Path | None
    host: str | None
    port: int
    lan: bool
    insecure_lan: bool
    ssh: int | None
    web: int | None
    headless: bool
    plain: bool
    speed: float
    seats: int | None
    bot_seats: int
    machines: int
    bots: int
    start_at: str
    force: bool
    codes_file: Path | None
    linger: float
    drain: float
    settings: tuple[str, ...]
    max_connections: int | None
    max_per_address: int | None
    max_rate: float


def _time_of_day(_: click.Context, __: click.Parameter, value: str) -> str:
    from clamshell_tui.study.start_time import time_of_day

    try:
        return value and "{:02}:{:02}".format(*time_of_day(value))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(epilog=_EPILOG)
@click.argument("scenario", metavar="SCENARIO", shell_complete=complete_scenario)
@path_option(
    "--db", help="The run file, of a study its folder: created, or continued if it exists."
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
    "--insecure-lan",
    is_flag=True,
    help="Let other machines in without encryption. Not recommended.",
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
    "--speed",
    metavar="X",
    type=SpeedRange(),
    default=1.0,
    help="Run faster than the wall clock: 20x.",
)
@click.option(
    "--seats", type=click.IntRange(0, 10_000), help="Join codes for people. Default: a full pool."
)
@click.option("--bot-seats", type=click.IntRange(0, 10_000), default=0, help="Join codes for bots.")
@click.option(
    "--machines", type=click.IntRange(0, 1_000), default=0, help="Join codes for machines."
)
@click.option(
    "--bots", type=click.IntRange(0, 1_000), default=0, help="A study: join codes for bots."
)
@click.option(
    "--start-at",
    metavar="HH:MM",
    default="",
    callback=_time_of_day,
    help="A study: open its first gate at this time, however many are there.",
)
@click.option("--force", is_flag=True, help="A study: serve it even if memory may be short.")
@path_option("--codes-file", help="Write codes and tokens to this file (0600) instead of stdout.")
@click.option(
    "--linger",
    type=NumberRange(0),
    default=10.0,
    show_default=True,
    help="Seconds to wait at the end for workers who are away, to send them their statement.",
)
@click.option(
    "--drain",
    type=NumberRange(0),
    default=60.0,
    show_default=True,
    help="Seconds that SIGTERM leaves workers to finish the tasks in hand.",
)
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a setting.")
@click.option(
    "--max-connections",
    type=click.IntRange(1, 100_000),
    help="Refuse further connections. Default: twice the seats, at least 200.",
)
@click.option(
    "--max-per-address",
    type=click.IntRange(1, 10_000),
    help="Connections from one address. Default: 32; no limit for this machine.",
)
@click.option(
    "--max-rate",
    type=NumberRange(1),
    default=20.0,
    show_default=True,
    help="Messages per second of one client; a client that sends more is read more slowly.",
)
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """Let people and bots label the records of a scenario, live.

    In a terminal, shows the operator's screen, with the lines that people join with, or with
    the participants of a study; closing it does not affect the run. Otherwise prints one line
    for each fact: the address, a join code per seat, and the tokens of operators and
    requesters. A code leads its person back to the seat, from any machine. The run is kept in
    one file; after a crash, the same command with the same --db continues it, with the same
    codes and tokens. A study (a file with stages) is kept in a folder, and lets in whom its
    guest list names.

    SIGTERM lets workers finish their tasks, for --drain seconds; a second one, or Ctrl-C, stops
    immediately. A closed terminal does not stop it.
    """
    import asyncio

    from clamshell_tui.cli.serving import gateways_for, serve_with_screen
    from clamshell_tui.coordinator.serve import serve
    from clamshell_tui.terminal.capabilities import why_no_screen

    refuse_together("lan", "insecure_lan")
    refuse_together("headless", "plain")
    arguments = ServeArguments(**given)
    screen = not (why_no_screen() or arguments.headless or arguments.plain)
    if screen and arguments.bots and arguments.codes_file is None:
        raise click.UsageError(
            "the screen hides the join codes of --bots. Add --codes-file FILE, or --plain"
        )
    options = _options(arguments)
    opening = _opening(options)
    gateways = gateways_for(options, ssh=arguments.ssh, web=arguments.web)
    if screen:
        context.exit(asyncio.run(serve_with_screen(options, opening, gateways)))
    context.exit(asyncio.run(serve(options, opening, gateways=gateways)))


def _opening(
    options: "Options | StudyOptions",
) -> "AbstractAsyncContextManager[Coordinator[LiveService]]":
    """Open a run without importing what only a study needs: it starts a fifth sooner."""
    from clamshell_tui.coordinator.assemble import Options
    from clamshell_tui.coordinator.serve import opened

    if isinstance(options, Options):
        return opened(options)
    from clamshell_tui.coordinator.study.opening import opened_study

    return opened_study(options)


def _options(arguments: ServeArguments) -> "Options | StudyOptions":
    """Load the scenario and check every file that is named; nothing is written yet."""
    from clamshell_tui.study.load import is_study

    path = find(arguments.scenario)
    if is_study(path):
        return _study_options(arguments, path)
    return _service_options(arguments, path)


def _study_options(arguments: ServeArguments, path: Path) -> "StudyOptions":
    from clamshell_tui.coordinator.study.service import StudyOptions
    from clamshell_tui.memory import free_memory, require_memory
    from clamshell_tui.runfile.output_path import new_run_file
    from clamshell_tui.study.load import load_study

    if arguments.seats is not None or arguments.bot_seats or arguments.machines:
        raise click.UsageError("a study invites by its guest list; for bots there is --bots")
    study = load_study(path, arguments.settings)
    folder = arguments.db or new_run_file(study.name, "--db").with_suffix("")
    read = [path, *(path.parent / name for name in study.digests)]
    _check_places(folder, arguments.codes_file, read)
    seats = len(study.guests) + arguments.bots
    if arguments.ssh is not None or arguments.web is not None:  # their clients run here
        require_memory(len(study.guests), free_memory(), force=arguments.force)
    return StudyOptions(
        study=study,
        db=folder,
        host=_host(arguments),
        lan=arguments.lan,
        port=arguments.port,
        speed=arguments.speed,
        bots=arguments.bots,
        start_at=arguments.start_at,
        codes_file=arguments.codes_file,
        headless=arguments.headless,
        linger=arguments.linger,
        drain=arguments.drain,
        limits=_limits(arguments, seats),
    )


def _service_options(arguments: ServeArguments, path: Path) -> "Options":
    from clamshell_tui.coordinator.assemble import Options
    from clamshell_tui.runfile.output_path import new_run_file

    scenario = load_scenario(path, arguments.settings)
    if arguments.bots:
        raise click.UsageError("--bots is for studies; a run has --bot-seats")
    if arguments.start_at:
        raise click.UsageError("--start-at opens the first gate of a study; a run has none")
    if arguments.machines and scenario.machine.policy == "off":
        raise click.UsageError(
            'the scenario takes no machines (--machines). Set machine.policy to "first" or "vote"'
        )
    seats = arguments.seats
    if seats is None:
        seats = max(0, scenario.pool.size + scenario.pool.reserve - arguments.bot_seats)
    db = arguments.db or new_run_file(scenario.name, "--db")
    read = [path, *(path.parent / name for name in scenario.files)]
    _check_places(db, arguments.codes_file, read)
    return Options(
        scenario=scenario,
        base=path.parent,
        db=db,
        host=_host(arguments),
        lan=arguments.lan,
        port=arguments.port,
        speed=arguments.speed,
        seats=seats,
        bot_seats=arguments.bot_seats,
        machines=arguments.machines,
        codes_file=arguments.codes_file,
        headless=arguments.headless,
        linger=arguments.linger,
        drain=arguments.drain,
        limits=_limits(arguments, seats + arguments.bot_seats + arguments.machines),
    )


def _limits(arguments: ServeArguments, seats: int) -> "Limits":
    from clamshell_tui.coordinator.limits import Limits

    room = allow_connections(arguments.max_connections or seats)
    return Limits(
        connections=arguments.max_connections or min(room, max(200, 2 * seats)),
        per_address=arguments.max_per_address,
        per_second=arguments.max_rate,
        burst=2 * arguments.max_rate,
    )


def _check_places(db: Path, codes_file: Path | None, read: list[Path]) -> None:
    """Refuse to overwrite files of other kinds. Whether ``db`` is a run, recovery checks."""
    from clamshell_tui.runfile.output_path import check_apart, check_place
    from clamshell_tui.wire.invitation import codes_beside, looks_like_codes

    check_apart({"--db": db, "--codes-file": codes_file}, read)
    for file in (codes_beside(db), codes_file):
        if file is not None:
            check_place(file, overwrite=True, ours=looks_like_codes, kind="a file of join codes")


def _host(arguments: ServeArguments) -> str:
    """Return the address to listen on; refuse to send answers unencrypted by mistake."""
    host, other_machines = arguments.host, arguments.lan or arguments.insecure_lan
    if host is None:
        return "0.0.0.0" if other_machines else "127.0.0.1"
    if host not in {"127.0.0.1", "::1", "localhost"} and not other_machines:
        raise click.UsageError(f"--host {host} lets other machines in: add --lan, for encryption")
    return host
