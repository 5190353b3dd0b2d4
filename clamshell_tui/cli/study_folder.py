"""The folder of a study as commands read it: its files, or a copy from its coordinator."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from clamshell_tui.cli.options import CoordinatorOptions, codes_of, operator_place

_IN_MEMORY = Path("/dev/shm")  # no copy of an answer that is erased later stays on a disk


@contextmanager
def readable_study(
    folder: Path, codes_file: Path | None = None, token: str | None = None
) -> Iterator[Path]:
    """Yield a folder with the files of a study that can be read.

    While it is served, these are a copy as for ``clamshell backup``. Raises as ``read_study``, and
    InputError if the code file beside the folder is needed and is not there.
    """
    from clamshell_tui.runfile.output_path import LockedError
    from clamshell_tui.study.reader import read_file
    from clamshell_tui.study.schema import FILE

    try:
        with read_file(folder / FILE):
            pass
    except LockedError:
        memory = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else None
        with TemporaryDirectory(prefix="clamshell-", dir=memory) as copies:
            _fetch(Path(copies), operator_place(None, token, codes_file or codes_of(folder)))
            yield Path(copies)
        return
    yield folder


def _fetch(copies: Path, place: CoordinatorOptions) -> None:
    import asyncio

    from clamshell_tui.client.backup import fetch_back_up
    from clamshell_tui.study.backup import unpack

    unpack(copies, asyncio.run(fetch_back_up(*place)))
