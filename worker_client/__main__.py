"""Entry point of ``clamshell-worker``: a person's terminal, or bots or machines in its place.

Textual and the network are imported once it is clear that they are needed, so that ``--help`` and
errors are quick and the first screen is there within a second.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError
from clamshell_tui.number_range import NumberRange, SpeedRange
from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.terminal.capabilities import need_screen
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import JoinString, parse

if TYPE_CHECKING:
    from worker_client.screen_bot import ScreenBot

_EPILOG = """\b
Examples:
  clamshell-worker clam://127.0.0.1:7777/K7QM-2F9X
  clamshell-worker                                   # asks for the line
  clamshell-worker JOIN --bot mturk                  # watch a bot at work
  clamshell-worker JOIN JOIN --headless --bot spammer
  clamshell-worker --exec 'python model.py' JOIN     # a program labels
  clamshell-worker --openai http://127.0.0.1:8080 --model qwen3 JOIN
"""
_OF_MACHINES = {
    "--exec": ("--timeout", "--restarts"),
    "--openai": ("--model", "--prompt", "--allow-remote", "--timeout", "--restarts"),
}


@click.command(
    epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False
)
@click.argument("join", nargs=-1)
@click.option("--bot", metavar="BEHAVIOUR", help="Let a bot work: a population or a behaviour.")
@click.option("--headless", is_flag=True, help="Bots only: no screen, for scripts and crowds.")
@click.option("--count", type=click.IntRange(min=1), help="Headless: how many bots.")
@click.option(
    "--min-ok",
    metavar="N",
    type=click.IntRange(min=0),
    help="Headless: exit with 1 if fewer than N bots get a seat. Default: all.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the bots.")
@click.option("--speed", metavar="X", type=SpeedRange(), help="Headless: of the run, such as 20x.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the way back to the seat and for unsent answers.",
)
@click.option("--no-review", is_flag=True, help="Send a task with its last label, unreviewed.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with plain letters, - and | only.")
@click.option("--exec", "command", metavar="COMMAND", help="Let a program label, by JSON Lines.")
@click.option("--openai", "url", metavar="URL", help="Let a language model label: its server.")
@click.option("--model", metavar="NAME", help="Of --openai: the model.")
@click.option(
    "--prompt",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Of --openai: a text with {instructions} and {classes}.",
)
@click.option("--allow-remote", is_flag=True, help="Of --openai: send records to another machine.")
@click.option(
    "--timeout",
    "seconds",
    type=NumberRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="Of --exec and --openai: seconds for a task.",
)
@click.option(
    "--restarts",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Of --exec and --openai: failures without an answer in between.",
)
@click.option(
    "--texts",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sentences in another language, until the coordinator sends its own.",
)
@click.version_option(package_name="clamshell-tui", message="clamshell-worker %(version)s")
def worker(
    join: tuple[str, ...],
    bot: str | None,
    headless: bool,
    count: int | None,
    min_ok: int | None,
    seed: int,
    speed: float | None,
    state: Path | None,
    no_review: bool,
    ascii_only: bool,
    texts: Path | None,
    command: str | None,
    url: str | None,
    model: str | None,
    prompt: Path | None,
    allow_remote: bool,
    seconds: float,
    restarts: int,
) -> int:
    """Join a labelling session with the line or the code that you received.

    After a lost connection, or in a new terminal, the same command brings you back to your seat.
    """
    _refuse_contradictions()
    if command is not None or url is not None:
        from worker_client.machine import command as machines

        if not join:
            raise InputError(
                "a machine needs the line to JOIN. clamshell serve --machines 1 prints it"
            )
        if url is None:
            make = machines.programs(command or "", timeout=seconds, restarts=restarts)
        elif model is None:
            raise InputError("--openai needs --model NAME. The server lists its models")
        else:
            make = machines.models(
                url, model, prompt, timeout=seconds, restarts=restarts, allow_remote=allow_remote
            )
        return machines.run_cli(join, make)
    if headless or count is not None:
        from worker_client.crowd_of_bots import run_cli

        if not join:
            raise InputError("--headless needs the line to JOIN. clamshell serve prints it")
        return run_cli(join, bot or "honest", count=count, seed=seed, speed=speed, min_ok=min_ok)
    if len(join) > 1:
        raise InputError("one terminal takes one seat. With --headless there can be several")
    line = parse(join[0]) if join else None
    need_screen("use --headless")
    screen_bot = _screen_bot(bot, seed) if bot is not None else None
    words = _texts(texts) if texts is not None else ENGLISH_TEXTS
    return _terminal(
        line, state, words, review=not no_review, bot=screen_bot, ascii_only=ascii_only
    )


def _refuse_contradictions() -> None:
    """Refuse options that are for different kinds of workers."""
    context = click.get_current_context()
    given = [
        max(each.opts, key=len)
        for each in context.command.params
        if isinstance(each, click.Option)
        and each.name is not None
        and context.get_parameter_source(each.name) is click.core.ParameterSource.COMMANDLINE
    ]
    machine = next((option for option in _OF_MACHINES if option in given), None)
    for option in given:
        if machine is None and any(option in fitting for fitting in _OF_MACHINES.values()):
            wanted = " or ".join(key for key in _OF_MACHINES if option in _OF_MACHINES[key])
            raise click.UsageError(f"{option} needs {wanted}")
        if machine is not None and option not in (machine, *_OF_MACHINES[machine]):
            raise click.UsageError(f"{machine} and {option} contradict each other. Leave one out")


def _terminal(
    join: JoinString | None,
    state: Path | None,
    texts: Texts,
    *,
    review: bool,
    bot: "ScreenBot | None",
    ascii_only: bool,
) -> int:
    from clamshell_tui.terminal.ascii_filter import encoding_of, in_ascii, not_utf8
    from worker_client.app import ASCII_ASKED, WorkerApp
    from worker_client.outbox import SeatStore, default_folder

    plain = ASCII_ASKED if ascii_only else not_utf8(os.environ)
    store = SeatStore(state or default_folder())
    encoding = encoding_of(os.environ, sys.stderr.encoding)
    app = WorkerApp(
        store, join, review=review, bot=bot, plain=plain, encoding=encoding, texts=texts
    )
    app.run()
    if app.crash is not None:
        raise app.crash
    if app.session.statement is not None:
        who = in_ascii(show(app.session.statement.worker, 40))
        amount = app.session.amount(app.session.earned)
        click.echo(app.texts("over.earned", worker=who, amount=amount))
    if app.session.failure:
        raise _FailedError(app.session.failure, app.return_code or 0)
    return app.return_code or 0


def _texts(path: Path) -> Texts:
    from clamshell_tui.participant_texts.load import load_texts

    return Texts(load_texts(path))


def _screen_bot(bot: str, seed: int) -> "ScreenBot":
    """Return a bot for the screen. InputError for an unknown name."""
    from worker_client.autopilot import Autopilot
    from worker_client.crowd_of_bots import named
    from worker_client.screen_bot import ScreenBot

    named(bot, seed=seed, n_classes=2)  # an unknown name fails before the screen opens
    return ScreenBot(lambda classes: Autopilot(named(bot, seed=seed, n_classes=classes)))


class _FailedError(EnvironmentFaultError):
    """The session failed; printed again after the screen is closed."""

    def __init__(self, why: str, exit_code: int) -> None:
        super().__init__(why)
        self.exit_code = exit_code or self.exit_code


def run(args: list[str] | None = None) -> int:
    """Run one command; print any error as one line. Returns the exit code."""
    try:
        code = worker.main(args, prog_name="clamshell-worker", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except click.ClickException as error:
        words = " ".join(error.format_message().split())
        return _complain(f"{words.rstrip('.')}. Try clamshell-worker --help", error.exit_code)
    except ClamshellError as error:
        return _complain(str(error), error.exit_code)
    except Exception as error:  # our bug: the traceback goes to a log file
        from clamshell_tui.terminal.crash import told

        return _complain(told(error), 1)
    return code if isinstance(code, int) else 0


def _complain(text: str, exit_code: int) -> int:
    click.echo(f"clamshell-worker: error: {show(text)}", err=True)
    return exit_code


def main() -> None:
    sys.exit(run())


if __name__ == "__main__":
    main()
