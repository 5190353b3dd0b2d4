"""The command line as a child that cannot outlive its parent: ``python -m ... serve ARGS``.

The parent holds the other end of this process's stdin and never writes to it. However the parent
ends, the end of the input tells it here.
"""

import os
import signal
import sys
import threading

from clamshell_tui.cli import main

_DRAINING = 3.0  # seconds between asking to stop and stopping at once


def _follow_the_parent() -> None:
    """Wait for the end of stdin, then stop as a signal would: gently, then at once."""
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
