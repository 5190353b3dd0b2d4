"""Blocking requester: runs an event loop of its own during each call."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Self

from clamshell_tui.client.requester import AsyncRequester
from clamshell_tui.wire.connection import PATIENCE
from clamshell_tui.wire.requester_messages import Labelled, NewRecord, Predicted


class Requester:
    """As :class:`AsyncRequester`, for programs without an event loop; not thread-safe.

    Between two calls no ping is answered, so the coordinator may close the connection: the next
    call opens it again.
    """

    def __init__(self, address: str, token: str, *, patience: float = PATIENCE) -> None:
        self._runner = asyncio.Runner()
        try:
            self._requester = self._runner.run(
                AsyncRequester.connect(address, token, patience=patience)
            )
        except BaseException:
            self._runner.close()
            raise

    def submit(self, records: Iterable[NewRecord], *, last: bool = False) -> int:
        """Have records labelled; returns how many were accepted."""
        return self._runner.run(self._requester.submit(records, last=last))

    def labels(self, *, follow: bool = True, since: int = 0) -> Iterator[Labelled]:
        """Labels in the order of delivery from number ``since`` on, each one once."""
        labels = self._requester.labels(follow=follow, since=since)

        async def following() -> Labelled | None:
            return await anext(labels, None)

        try:
            while (label := self._runner.run(following())) is not None:
                yield label
        finally:
            self._runner.run(labels.aclose())

    def predict(self, records: Iterable[NewRecord]) -> list[Predicted]:
        """Predict the classes of ``records`` with the latest model."""
        return self._runner.run(self._requester.predict(records))

    def close(self) -> None:
        """Close the connection; what was submitted stays submitted."""
        self._runner.run(self._requester.close())
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
