"""Words for whoever started the coordinator."""

import sys
from contextlib import suppress


def say(text: str) -> None:
    """A line on stderr, if there is still anybody to read it: a terminal may have been closed."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
