"""What a command does when it is told to terminate."""

import signal
import sys
from typing import NoReturn


def stop_tidily() -> None:
    """Leave by an exception when told to terminate, so that half-written files are removed."""

    def leave(number: int, _: object) -> NoReturn:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), leave)
