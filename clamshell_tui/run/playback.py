"""Where in a run the watcher is: at its end, following, or anywhere before it, playing or not."""

from clamshell_tui.run.history import Moment
from clamshell_tui.run.replica import Replica

SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Seconds of the run per second of the wall."""


class Playback:
    """A position in a replica that may still grow. Times are seconds of the run."""

    def __init__(self, replica: Replica, *, live: bool) -> None:
        self.replica = replica
        self.live = live
        """Whether more of the run may come."""
        self.playing = live
        self.speed = 1.0
        self._at = 0.0
        self._following = live
        self._end = 0.0

    @property
    def following(self) -> bool:
        """Whether the end is shown, wherever it is."""
        return self._following

    @property
    def end(self) -> float:
        """The latest moment that can be shown: the run's present, or its end."""
        return max(self._end, self.replica.end)

    @property
    def at(self) -> float:
        """The moment shown."""
        return self.end if self._following else min(self._at, self.end)

    def run_reached(self, now: float) -> None:
        """The run's clock says ``now``; it never goes back."""
        self._end = max(self._end, now)

    def tick(self, seconds: float) -> None:
        """So much time of the wall passed."""
        if self._following or not self.playing:
            return
        self._at += seconds * self.speed
        if self._at >= self.end:
            self._at = self.end
            if self.live:
                self.follow()
            else:
                self.playing = False

    # -- what keys do -----------------------------------------------------------------------------

    def follow(self) -> None:
        """To the end, and stay there."""
        self._following = True
        self.playing = self.live
        self._at = self.end

    def play_or_pause(self) -> None:
        """From the end of a finished run, begin again."""
        if self.playing:
            self.seek(self.at)
        elif self.at >= self.end and not self.live:
            self.seek(0.0)
            self.playing = True
        else:
            self._at, self._following, self.playing = self.at, False, True

    def seek(self, at: float) -> None:
        """Show this moment, and stand still there."""
        self._at = min(max(0.0, at), self.end)
        self._following = False
        self.playing = False

    def skip(self, seconds: float) -> None:
        """Forward or back, playing on if it was."""
        playing = self.playing and not self._following
        self.seek(self.at + seconds)
        self.playing = playing

    def faster(self, steps: int) -> None:
        """So many steps up, or down, the list of speeds."""
        nearest = min(range(len(SPEEDS)), key=lambda place: abs(SPEEDS[place] - self.speed))
        self.speed = SPEEDS[min(len(SPEEDS) - 1, max(0, nearest + steps))]

    def suit(self, seconds: float) -> None:
        """Choose the speed at which the whole run takes about so long."""
        wanted = self.end / seconds
        self.speed = next((speed for speed in SPEEDS if speed >= wanted), SPEEDS[-1])

    def step(self, moment: Moment, *, back: bool = False) -> bool:
        """To the next, or the last, time that it happened; False, and stay, if there is none."""
        history = self.replica.history
        find = history.previous_moment if back else history.next_moment
        found = find(moment, self.at)
        if found is None or found > self.end:
            return False
        self.seek(found)
        return True
