"""A worker's terminal whose clock stands still and whose coordinator is the test: for pictures."""

from collections.abc import Sequence
from pathlib import Path

import worker_client.app
from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.wire.messages import ToClient, ToServer
from clamshell_tui.wire.parts import Image, Record
from clamshell_tui.wire.worker_messages import Draft
from worker_client.app import WorkerApp
from worker_client.effects import Effect, Send
from worker_client.notices import BLOCKED
from worker_client.outbox import SeatStore

DIGIT = (  # a seven, eight by eight, as scikit-learn's digits are
    ".........+####+......##.....+#....+###+....##......#+.....+#...."
)


class StillApp(WorkerApp):
    """``said`` is what the keys sent, drafts left out; nothing moves unless the test says so."""

    CSS_PATH = str(Path(worker_client.app.__file__).with_name("worker.tcss"))

    def __init__(
        self,
        store: SeatStore,
        *,
        plain: str = "",
        quiet: float = 0.0,
        texts: Texts = ENGLISH_TEXTS,
    ) -> None:
        super().__init__(store, plain=plain, quiet=quiet, texts=texts)
        self.said: list[ToServer] = []
        self._still = 1000.0

    @property
    def now(self) -> float:
        """Seconds, whenever the test last let some pass."""
        return self._still

    def _start(self) -> None:
        """Without a network, and without what only long sessions need."""
        self._settle()

    def act(self, effects: list[Effect]) -> None:
        """Note what is sent."""
        sent = [effect.message for effect in effects if isinstance(effect, Send)]
        self.said += [message for message in sent if not isinstance(message, Draft)]
        super().act(effects)

    def hear(self, *messages: ToClient) -> None:
        """The coordinator says this; no bell and no flash."""
        for message in messages:
            self.session.receive(message, self.now)
            self.heard(message, [])

    def lose(self, why: str) -> None:
        """The connection is gone, and there is no other to be had."""
        self.session.lost(self.now)
        self.session.unreachable(why)
        self.heard(None, [])

    def wait(self, seconds: float = BLOCKED) -> None:
        """Let time pass: as much as a new notice takes no key for, unless told otherwise."""
        self.redraw()
        self._still += seconds
        self.redraw()


def grey(drawing: str = DIGIT) -> Record:
    """A picture of 8 x 8 pixels in three shades."""
    pixels = bytes({".": 0, "+": 128, "#": 255}[each] for each in drawing)
    return Record("digit", image=Image(8, 8, 1, pixels))


def colour() -> Record:
    """A red house on a green hill under a blue sky, 32 x 32 pixels."""
    rows = [[_house(row, column) for column in range(32)] for row in range(32)]
    pixels = bytes(part for row in rows for pixel in row for part in pixel)
    return Record("house", image=Image(32, 32, 3, pixels))


def _house(row: int, column: int) -> Sequence[int]:
    if 12 <= row < 24 and 8 <= column < 24:
        door = row >= 17 and 14 <= column < 18
        return (64, 32, 16) if door else (192, 64, 48)
    if 6 <= row < 12 and abs(column - 15.5) < 2 * (row - 5):
        return (96, 32, 32)
    return (64, 160, 64) if row >= 22 else (96, 160, 224)
