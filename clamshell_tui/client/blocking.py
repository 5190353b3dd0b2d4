"""Blocking requester: its event loop runs in a thread of its own."""

from collections.abc import Iterable, Iterator
from typing import Self

from clamshell_tui.client.loop_thread import LoopThread
from clamshell_tui.client.requester import AsyncRequester
from clamshell_tui.wire.connection import PATIENCE
from clamshell_tui.wire.requester_messages import Labelled, NewRecord, Predicted


class Requester:
    """As :class:`AsyncRequester`, for programs without ``await``; for one thread at a time.

    Works in programs that run an event loop themselves (Jupyter, pytest-asyncio), and survives a
    restart of the coordinator.
    """

    def __init__(self, address: str, token: str, *, patience: float = PATIENCE) -> None:
        self._thread = LoopThread("clamshell-requester")
        try:
            self._requester = self._thread.run(
                AsyncRequester.connect(address, token, patience=patience)
            )
        except BaseException:
            self._thread.close()
            raise

    def submit(self, records: Iterable[NewRecord], *, last: bool = False) -> int:
        """Have records labelled; returns how many were accepted."""
        return self._thread.run(self._requester.submit(records, last=last))

    def labels(self, *, follow: bool = True, since: int = 0) -> Iterator[Labelled]:
        """Labels in the order of delivery from number ``since`` on, each one once."""
        labels = self._requester.labels(follow=follow, since=since)

        async def following() -> Labelled | None:
            return await anext(labels, None)

        try:
            while (label := self._thread.run(following())) is not None:
                yield label
        finally:
            if not self._thread.closed:
                self._thread.run(labels.aclose())

    def predict(self, records: Iterable[NewRecord]) -> list[Predicted]:
        """Predict the classes of ``records`` with the latest model."""
        return self._thread.run(self._requester.predict(records))

    def close(self) -> None:
        """Close the connection; what was submitted stays submitted. Idempotent."""
        if not self._thread.closed:
            self._thread.run(self._requester.close())
            self._thread.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
