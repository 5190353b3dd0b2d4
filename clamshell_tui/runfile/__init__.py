"""The run file: everything about one run in one SQLite file.

:class:`Projector` turns events and commands into rows; :class:`Tables` keeps them in memory,
:class:`RunFileWriter` in a file, and :func:`open_run` reads that file again.
"""

from clamshell_tui.runfile.projector import Projector, RecordNames
from clamshell_tui.runfile.reader import RunFile, open_run
from clamshell_tui.runfile.rows import Row, Sink
from clamshell_tui.runfile.tables import Tables
from clamshell_tui.runfile.writer import RunFileWriter

__all__ = [
    "Projector",
    "RecordNames",
    "Row",
    "RunFile",
    "RunFileWriter",
    "Sink",
    "Tables",
    "open_run",
]
