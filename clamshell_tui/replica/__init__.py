"""A run as its watchers have it: an engine told the same journal, and the history it left behind.

The engine is a pure function of its journal. Whoever has the journal has the whole run, at every
moment of it, without asking the coordinator anything; so screens, replays and reports work alike
on a live run, on a finished one and on a simulated one. Read ``replica.py``, then ``player.py``.
"""

from clamshell_tui.replica.frame import Frame, WorkerCard
from clamshell_tui.replica.history import History
from clamshell_tui.replica.player import Player
from clamshell_tui.replica.replica import Replica

__all__ = ["Frame", "History", "Player", "Replica", "WorkerCard"]
