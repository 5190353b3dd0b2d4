"""Reports: what a run came to, in numbers and in words.

:func:`summarise` makes a :class:`Summary` from the tables of a run, :func:`compare` sets two side
by side; ``to_json`` prints one for programs, ``render`` (not imported here, it needs rich) for
people.
"""

from clamshell_tui.report.compare import Comparison, compare
from clamshell_tui.report.measures import summarise
from clamshell_tui.report.summary import Summary, to_json

__all__ = ["Comparison", "Summary", "compare", "summarise", "to_json"]
