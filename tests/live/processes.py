"""Commands as processes of their own, and what they leave running."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CODE = "import sys; from clamshell_tui.cli import main; sys.exit(main())"
COMMAND = [sys.executable, "-c", CODE]


def clamshell(*args: str, given: str = "", limit: float = 40.0) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run(
        [*COMMAND, *args], input=given, capture_output=True, text=True, timeout=limit, check=False
    )


def mentioning(path: Path) -> list[int]:
    """Processes that have ``path`` on their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            zombie = " Z " in (folder / "stat").read_text()
        except OSError:
            continue
        if os.fsencode(path) in words and not zombie and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def eventually(condition: Callable[[], bool], limit: float = 60.0) -> bool:
    """Whether ``condition`` comes true within so many seconds."""
    give_up = time.perf_counter() + limit
    while not condition():
        if time.perf_counter() > give_up:
            return False
        time.sleep(0.02)  # between two looks at something that sends no message
    return True
