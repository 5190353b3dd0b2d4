"""Position in a run that is shown: following its end, or at any earlier moment."""

from clamshell_tui.run.log import EventKind
from clamshell_tui.run.replica import Replica

SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Seconds of the run per second of real time."""


class Playback:
    """A position in a replica that may still grow. Times are seconds of the run."""

    def __init__(self, replica: Replica, *, live: bool) -> None:
        self.replica = replica
        self.live = live
        """Whether the run may still grow."""
        self.playing = live
        self.speed = 1.0
        self._at = 0.0
        self._following = live
        self._end = 0.0

    @property
    def following(self) -> bool:
        """Whether the position stays at the end."""
        return self._following

    @property
    def end(self) -> float:
        """Latest moment that can be shown: the present of a live run, or the end."""
        return max(self._end, self.replica.end)

    @property
    def at(self) -> float:
        """The moment shown."""
        return self.end if self._following else min(self._at, self.end)

    def run_reached(self, now: float) -> None:
        """Set the time of a live run; an earlier time than before is ignored."""
        self._end = max(self._end, now)

    def tick(self, seconds: float) -> None:
        """Advance by ``seconds`` of real time."""
        if self._following or not self.playing:
            return
        self._at += seconds * self.speed
        if self._at >= self.end:
            self._at = self.end
            if self.live:
                self.follow()
            else:
                self.playing = False

    # -- actions of keys ---------------------------------------------------------------------------

    def follow(self) -> None:
        """Move to the end and stay there."""
        self._following = True
        self.playing = self.live
        self._at = self.end

    def play_or_pause(self) -> None:
        """Toggle; at the end of a finished run, start from the beginning."""
        if self.playing:
            self.seek(self.at)
        elif self.at >= self.end and not self.live:
            self.seek(0.0)
            self.playing = True
        else:
            self._at, self._following, self.playing = self.at, False, True

    def seek(self, at: float) -> None:
        """Show a moment and pause."""
        self._at = min(max(0.0, at), self.end)
        self._following = False
        self.playing = False

    def skip(self, seconds: float) -> None:
        """Move forward or back, and keep playing if it was."""
        playing = self.playing and not self._following
        self.seek(self.at + seconds)
        self.playing = playing

    def faster(self, steps: int) -> None:
        """Move by ``steps`` in :data:`SPEEDS`; negative: slower."""
        nearest = min(range(len(SPEEDS)), key=lambda place: abs(SPEEDS[place] - self.speed))
        self.speed = SPEEDS[min(len(SPEEDS) - 1, max(0, nearest + steps))]

    def suit(self, seconds: float) -> None:
        """Choose the speed at which the whole run takes at most ``seconds``, if there is one."""
        wanted = self.end / seconds
        self.speed = next((speed for speed in SPEEDS if speed >= wanted), SPEEDS[-1])

    def step(self, moment: EventKind, *, back: bool = False) -> bool:
        """Seek the next or previous moment of a kind; return False if there is none."""
        history = self.replica.history
        find = history.previous_event if back else history.next_event
        found = find(moment, self.at)
        if found is None or found > self.end:
            return False
        self.seek(found)
        return True
