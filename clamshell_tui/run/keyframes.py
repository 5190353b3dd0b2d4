"""Snapshots of a run at regular steps of its journal, so that seeking needs no replay.

At the limit every second one is dropped and the step doubles: memory stays bounded, and the whole
run stays covered. Which ones are kept follows from the number of entries alone, so that any two
replicas of a run show the same at each moment.
"""

from array import array
from bisect import bisect_right
from zlib import compress, decompress

import msgspec

from clamshell_tui.run.snapshot import Snapshot

_ROOM = 60_000  # workers in all snapshots together: about 10 MB compressed
_FEWEST, _MOST = 256, 4096

_decode = msgspec.msgpack.Decoder(Snapshot).decode
_encode = msgspec.msgpack.Encoder().encode


def _pack(snapshot: Snapshot) -> bytes:
    return compress(_encode(snapshot), 1)


class Keyframes:
    """``slots`` is the size of the pool, ``entries`` the expected length of the journal.

    Begin with ``first``, the state before the first entry.
    """

    def __init__(self, first: Snapshot, slots: int, entries: int = 0) -> None:
        self._most = max(_FEWEST, min(_MOST, _ROOM // max(1, slots)))
        self.step = 1
        """Entries of the journal from one snapshot to the next."""
        while entries // self.step >= self._most:
            self.step *= 2
        self.times = array("d", [0.0])
        self._kept = [_pack(first)]

    def __len__(self) -> int:
        return len(self._kept)

    def due(self, entries: int) -> bool:
        """Whether to add a snapshot after so many entries."""
        return entries % self.step == 0

    def add(self, at: float, snapshot: Snapshot) -> None:
        self.times.append(at)
        self._kept.append(_pack(snapshot))
        if len(self._kept) > self._most:
            self.step *= 2
            self.times = self.times[::2]
            self._kept = self._kept[::2]

    def at(self, moment: float) -> Snapshot:
        """Return the last snapshot at or before ``moment``."""
        place = bisect_right(self.times, moment) - 1
        return _decode(decompress(self._kept[place]))
