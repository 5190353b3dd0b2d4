"""The command line: parse, load, call a function that a test can call.

The front page imports nothing, and a command is imported when it is called, so that both are quick.
Data go to stdout, progress and remarks to stderr. Exit codes: 0 success, 1 our bug, 2 the user's
input, 3 the environment; as in a shell, 130 after Ctrl-C and 141 after a closed pipe.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from clamshell_tui.cli.commands import front_page

INTERRUPTED = 130
COMPLETION = "_CLAMSHELL_COMPLETE"  # set by the shell's completion, which click answers


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Every error is reported in one line."""
    args = sys.argv[1:] if args is None else list(args)
    if args not in ([], ["-h"], ["--help"]) or COMPLETION in os.environ:
        return _run(args)
    with suppress(OSError):
        print(front_page(), flush=True)
        return 0
    return _run([])  # the reader has gone, or the disk is full: fails again, and is reported


def _run(args: list[str]) -> int:
    import click

    from clamshell_tui.cli.group import clamshell
    from clamshell_tui.errors import ClamshellError

    try:
        code = clamshell.main(args, prog_name="clamshell", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; nothing half-written is left")
        return INTERRUPTED
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "clamshell"
        text = " ".join(error.format_message().split())
        stop = "" if text.endswith((".", "?")) else "."
        _complain(f"error: {text}{stop} Try {command} --help")
        return error.exit_code
    except ClamshellError as error:
        _complain(f"error: {error}")
        return error.exit_code
    except Exception as error:  # our bug; a traceback would not help the user
        from clamshell_tui.terminal.crash import told

        _complain(f"error: {told(error)}")
        return 1
    return code if isinstance(code, int) else 0


def _complain(text: str) -> None:
    from clamshell_tui.text import show

    print(f"clamshell: {show(text)}", file=sys.stderr)
