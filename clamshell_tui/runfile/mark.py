"""The mark of a live run: a file beside the run file that names its last acknowledged entry.

It is written at a clean close. A run file that was restored from an old copy, or that lost its end
together with the seal, has a right journal, but not up to this entry.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Struct

from clamshell_tui.runfile.output_path import appearing


class Mark(Struct, frozen=True):
    """``first`` is the hash of the first entry, which tells runs apart, ``last`` that of the last
    of ``entries``; both in hex.
    """

    first: str
    entries: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    last: str


def mark_path(path: Path) -> Path:
    """Path of the mark of a run file."""
    real = Path(os.path.realpath(path))
    return real.with_name(f"{real.name}-mark")


def write_mark(path: Path, mark: Mark) -> None:
    """Write the mark of the run file ``path``, readable by its owner only."""
    with appearing(mark_path(path)) as hidden:
        descriptor = os.open(hidden, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(mark) + b"\n")


def read_mark(path: Path) -> Mark | None:
    """Return the mark of a run file; None without a readable one."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(mark_path(path).read_bytes(), type=Mark)
    return None
