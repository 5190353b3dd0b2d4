"""How a command without an event loop ends early; ``signals`` loads asyncio, this must not."""

import signal
import sys
from typing import NoReturn


def stop_tidily() -> None:
    """Turn SIGTERM and SIGHUP into SystemExit, so that half-written files are removed."""

    def leave(number: int, _: object) -> NoReturn:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), leave)
