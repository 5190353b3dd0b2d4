"""Pictures of a run at regular steps of its journal, so that any moment can be shown at once.

When there are more than enough, every second one is dropped and the steps double: memory stays
bounded, and the whole run stays covered.
"""

from array import array
from bisect import bisect_right
from zlib import compress, decompress

import msgspec

from clamshell_tui.run.snapshot import Frame

_ROOM = 60_000  # pictures of workers in all: about 10 MB compressed
_FEWEST, _MOST = 256, 4096

_decode = msgspec.msgpack.Decoder(Frame).decode
_encode = msgspec.msgpack.Encoder().encode


class Keyframes:
    """``slots`` and ``entries`` tell how large a picture is and how many entries will come."""

    def __init__(self, slots: int, entries: int = 0) -> None:
        self._most = max(_FEWEST, min(_MOST, _ROOM // max(1, slots)))
        self.step = max(1, -(-entries // self._most))
        """Entries of the journal from one picture to the next."""
        self.times = array("d")
        self.labels = array("q")  # delivered, at each picture
        self.cost: dict[str, array[int]] = {}  # micro-dollars by kind, at each picture
        self._kept: list[bytes] = []

    def __len__(self) -> int:
        return len(self._kept)

    def due(self, told: int) -> bool:
        """Whether a picture is wanted after so many entries."""
        return told % self.step == 0

    def add(self, at: float, frame: Frame) -> None:
        """Keep a picture."""
        self.times.append(at)
        self.labels.append(frame.run.labels)
        for kind, micros in frame.run.cost.items():
            self.cost.setdefault(kind, array("q")).append(micros)
        self._kept.append(compress(_encode(frame), 1))
        if len(self._kept) >= self._most:
            self._thin()

    def at(self, moment: float) -> Frame:
        """The last picture taken at or before ``moment``; the first if there is none."""
        place = max(0, bisect_right(self.times, moment) - 1)
        return _decode(decompress(self._kept[place]))

    def until(self, moment: float) -> int:
        """How many pictures were taken up to then."""
        return bisect_right(self.times, moment)

    def _thin(self) -> None:
        self.step *= 2
        first = 1  # so that those kept are the ones that the doubled step would have kept
        self.times = self.times[first::2]
        self.labels = self.labels[first::2]
        self.cost = {kind: series[first::2] for kind, series in self.cost.items()}
        self._kept = self._kept[first::2]
