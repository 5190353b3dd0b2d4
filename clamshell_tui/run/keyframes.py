"""Frames of a run at regular steps of its journal, so that seeking needs no replay.

At the limit every second one is dropped and the step doubles: memory stays bounded, and the whole
run stays covered.
"""

from array import array
from bisect import bisect_right
from zlib import compress, decompress

import msgspec

from clamshell_tui.run.snapshot import Snapshot

_ROOM = 60_000  # workers in all frames together: about 10 MB compressed
_FEWEST, _MOST = 256, 4096

_decode = msgspec.msgpack.Decoder(Snapshot).decode
_encode = msgspec.msgpack.Encoder().encode


class Keyframes:
    """``slots`` is the size of the pool, ``entries`` the expected length of the journal."""

    def __init__(self, slots: int, entries: int = 0) -> None:
        self._most = max(_FEWEST, min(_MOST, _ROOM // max(1, slots)))
        self.step = max(1, -(-entries // self._most))
        """Entries of the journal from one frame to the next."""
        self.times = array("d")
        self.labels = array("q")  # delivered, at each frame
        self.cost: dict[str, array[int]] = {}  # micro-dollars by kind, at each frame
        self._kept: list[bytes] = []

    def __len__(self) -> int:
        return len(self._kept)

    def due(self, entries: int) -> bool:
        """Whether to add a frame after so many entries."""
        return entries % self.step == 0

    def add(self, at: float, snapshot: Snapshot) -> None:
        self.times.append(at)
        self.labels.append(snapshot.run.labels)
        for kind, micros in snapshot.run.cost.items():
            self.cost.setdefault(kind, array("q")).append(micros)
        self._kept.append(compress(_encode(snapshot), 1))
        if len(self._kept) >= self._most:
            self._thin()

    def at(self, moment: float) -> Snapshot:
        """Return the last frame at or before ``moment``; the first if there is none."""
        place = max(0, bisect_right(self.times, moment) - 1)
        return _decode(decompress(self._kept[place]))

    def until(self, moment: float) -> int:
        """Return the number of frames up to ``moment``."""
        return bisect_right(self.times, moment)

    def _thin(self) -> None:
        self.step *= 2
        first = 1  # keeps those that the doubled step would have kept
        self.times = self.times[first::2]
        self.labels = self.labels[first::2]
        self.cost = {kind: series[first::2] for kind, series in self.cost.items()}
        self._kept = self._kept[first::2]
