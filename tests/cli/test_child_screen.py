"""A screen that was opened by another process, which may be killed."""

import subprocess
import sys

SCREEN = """\
import time
from clamshell_tui.cli.child_screen import end_with_opener
end_with_opener()
print("open", flush=True)
time.sleep(20.0)
print("still there")
"""
OPENER = """\
import os, subprocess, sys
environment = os.environ | {"CLAMSHELL_SCREEN_OF": str(os.getpid())}
subprocess.run([sys.executable, "-c", sys.argv[1]], env=environment)
"""


def test_a_screen_ends_when_the_process_that_opened_it_was_killed() -> None:
    command = [sys.executable, "-c", OPENER, SCREEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as opener:
        assert opener.stdout is not None
        assert opener.stdout.readline() == b"open\n"
        opener.kill()
        assert opener.stdout.read() == b"", "the screen has closed its output too"
