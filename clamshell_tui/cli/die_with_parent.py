"""The command line as a child that cannot outlive its parent: ``python -m ... serve ARGS``.

The parent holds the other end of this process's stdin and never writes to it. The input ends when
the parent does, for whatever reason.
"""

import os
import signal
import sys
import threading

from clamshell_tui.cli import main

_DRAINING = 3.0  # seconds between a gentle stop, an immediate one, and SIGKILL


def _follow_the_parent() -> None:
    """Wait for the end of stdin; then stop gently, and immediately if that takes too long."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    if not threading.Event().wait(_DRAINING):
        os.kill(os.getpid(), signal.SIGTERM)
    if not threading.Event().wait(_DRAINING):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_follow_the_parent, name="tether", daemon=True).start()
    sys.exit(main())
