"""The command line: parse, load, call a function that a test can call.

Only click is imported until a command is chosen, so that ``clamshell --help`` is quick. Data go to
stdout, chatter to stderr. Exit codes: 0 good, 1 our bug, 2 the user's input, 3 the environment;
130 after Ctrl-C and 141 when the reader of a pipe has gone, as shells have it.
"""

from collections.abc import Sequence

import click

from clamshell_tui.cli.group import clamshell
from clamshell_tui.errors import ClamshellError

INTERRUPTED = 130


def main(args: Sequence[str] | None = None) -> int:
    """Run one command; whatever goes wrong is told in one line. Returns the exit code."""
    try:
        code = clamshell.main(args, prog_name="clamshell", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; nothing half-written is left")
        return INTERRUPTED
    except click.ClickException as error:
        _complain(f"error: {_with_hint(error)}")
        return error.exit_code
    except ClamshellError as error:
        _complain(f"error: {error}")
        return error.exit_code
    except Exception as error:  # our bug: whatever it is, nobody wants to read a traceback
        from clamshell_tui.cli.crash import told

        _complain(f"error: {told(error)}")
        return 1
    return code if isinstance(code, int) else 0


def _complain(text: str) -> None:
    from clamshell_tui.text import show

    click.echo(f"clamshell: {show(text)}", err=True)


def _with_hint(error: click.ClickException) -> str:
    """Click's own words, and where help is to be had."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "clamshell"
    text = " ".join(error.format_message().split())
    return f"{text.rstrip('.')}. Try {command} --help"
