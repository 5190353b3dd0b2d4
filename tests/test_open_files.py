"""The limit of open files is raised, and checked before a run begins."""

import subprocess
import sys

SCRIPT = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 300))
from clamshell_tui.open_files import allow_connections
print(allow_connections(150), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
allow_connections(201)
"""


def test_the_limit_is_raised_as_far_as_it_goes_and_more_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.split() == ["200", "300"]
    assert "no room for 201 connections: this machine allows 300 open files" in done.stderr
