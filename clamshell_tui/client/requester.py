"""Asynchronous requester.

Requests use one connection, one at a time; each iteration over labels opens another, so a program
that reads labels slowly does not delay its own requests. Lost connections are opened again, and
requests and labels continue where they stopped.
"""

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Iterable,
)
from typing import Self

import msgspec

from clamshell_tui.errors import InputError
from clamshell_tui.text import show
from clamshell_tui.wire.codec import MAX_FRAME
from clamshell_tui.wire.connection import (
    PATIENCE,
    ConnectionLostError,
    Reply,
    WireClient,
    parse_address,
    retry_until,
)
from clamshell_tui.wire.messages import ToServer
from clamshell_tui.wire.requester_messages import (
    Follow,
    Labelled,
    LabelsDelivered,
    NewRecord,
    Predict,
    Predicted,
    Submit,
    Submitted,
)

CLIENT = "clamshell-requester"
PER_FRAME = 1000  # records; the protocol's limit
_ENVELOPE = 100  # bytes of a submit or predict frame besides its records

_encoder = msgspec.json.Encoder()


class AsyncRequester:
    """Requester of a running coordinator; for use in one task, except for ``labels``.

    All methods raise ConnectionLostError when the coordinator is away for longer than
    ``patience`` seconds, RefusedError when it refuses a request.
    """

    def __init__(self, address: str, token: str, *, patience: float = PATIENCE) -> None:
        self._address = parse_address(address)
        self._token = token
        self._patience = patience
        self._connection: WireClient | None = None

    @classmethod
    async def connect(cls, address: str, token: str, *, patience: float = PATIENCE) -> Self:
        """Open the connection, so that a wrong address or token raises here."""
        requester = cls(address, token, patience=patience)
        requester._connection = await requester._open()
        return requester

    async def submit(
        self, records: Iterable[NewRecord] | AsyncIterable[NewRecord], *, last: bool = False
    ) -> int:
        """Have records labelled; return how many were accepted, once all of them are stored.

        Iterates ``records`` no faster than they are stored. Each is stored once, even if the
        connection is lost, because the coordinator knows it by id. ``last`` ends the stream of
        records for good. InputError for a record too long for a frame; those before it are stored.
        """
        accepted = 0
        async for chunk in _chunks(records):
            accepted += (await self._ask(Submit(tuple(chunk)), Submitted)).accepted
        if last:
            await self._ask(Submit(last=True), Submitted)
        return accepted

    async def labels(
        self, *, follow: bool = True, since: int = 0
    ) -> AsyncGenerator[Labelled, None]:
        """Labels in the order of delivery from number ``since`` on, each one once.

        With ``follow``, wait for more until the run is over; otherwise stop after those delivered
        so far. Several iterations may run concurrently.
        """
        number = since
        while True:
            connection = await retry_until(self._open, self._patience)
            async with connection:
                try:
                    await connection.send(Follow(number, follow))
                    while True:
                        delivered = await connection.receive(LabelsDelivered)
                        for label in delivered.labels:
                            if label.number >= number:
                                number = label.number + 1
                                yield label
                        if delivered.finished or not (follow or delivered.labels):
                            return
                except ConnectionLostError:
                    pass  # go on from ``number``

    async def predict(self, records: Iterable[NewRecord]) -> list[Predicted]:
        """Predict ``records`` with the latest model: one reply per frame of records, in order.

        Without a model, ``model`` is 0 and the reply has no labels.
        """
        return [
            await self._ask(Predict(tuple(chunk)), Predicted) async for chunk in _chunks(records)
        ]

    async def close(self) -> None:
        """Close the connection; submitted records stay submitted."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _open(self) -> WireClient:
        return await WireClient.open(self._address, "requester", self._token, CLIENT)

    async def _ask(self, request: ToServer, expected: type[Reply]) -> Reply:
        """Send a request, again if the connection is lost: all requests are idempotent."""

        async def once() -> Reply:
            if self._connection is None:
                self._connection = await self._open()
            try:
                return await self._connection.ask(request, expected)
            except ConnectionLostError:
                await self.close()
                raise

        return await retry_until(once, self._patience)


async def _chunks(
    records: Iterable[NewRecord] | AsyncIterable[NewRecord],
) -> AsyncIterator[list[NewRecord]]:
    """Group records into frames."""
    chunk: list[NewRecord] = []
    room = MAX_FRAME - _ENVELOPE
    async for record in _each(records):
        size = len(_encoder.encode(record)) + 1
        if size > MAX_FRAME - _ENVELOPE:
            raise InputError(
                f'record "{show(record.id)}" is {size:,} bytes long, the limit is {MAX_FRAME:,}. '
                "Shorten it"
            )
        if len(chunk) == PER_FRAME or size > room:
            yield chunk
            chunk, room = [], MAX_FRAME - _ENVELOPE
        chunk.append(record)
        room -= size
    if chunk:
        yield chunk


async def _each(
    records: Iterable[NewRecord] | AsyncIterable[NewRecord],
) -> AsyncIterator[NewRecord]:
    if isinstance(records, AsyncIterable):
        async for record in records:
            yield record
    else:
        for record in records:
            yield record
