"""The command that leads somebody to a seat."""

import shlex
import shutil
import sys
from pathlib import Path

from clamshell_tui.client.codes import Codes

_NAME = "clamshell-worker"


def join_command(join: str) -> str:
    """What to paste: with the whole path of the program if it is not on the PATH."""
    beside = Path(sys.executable).with_name(_NAME)
    program = _NAME if shutil.which(_NAME) or not beside.exists() else shlex.quote(str(beside))
    return f"{program} {shlex.quote(join)}"


def invitation(codes: Codes, code: str) -> str:
    """Lines that lead to the seat of ``code``: by ssh and in a browser where that is offered."""
    return "\n".join(codes.without_a_client(code)) or join_command(codes.join(code))
