"""A WebSocket that hands each message over as it comes, without waking a task for it.

Waking one costs as much as reading the frame does. What is out of the ordinary (a fragment, a
binary frame, a message that the listener declines) goes the library's own way, into the queue that
``recv`` reads, and so does whatever follows until that queue was read: messages are heard in the
order in which they came.
"""

from collections.abc import Callable

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response

_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class Connection(ServerConnection):
    """``hear`` gets each text as it came; it returns False to leave it to :meth:`next_left`.

    From then on everything is left, until ``hear`` is set again, when nothing is ``left``.
    """

    hear: Callable[[bytes], bool] | None = None
    left = 0  # messages to be read

    async def next_left(self) -> str | bytes:
        """The next message that was not heard; raises what ``recv`` raises."""
        frame = await self.recv()
        self.left -= 1
        return frame

    def process_event(self, event: Request | Response | Frame) -> None:
        """Called by the library for each frame, in order."""
        if isinstance(event, Frame) and event.opcode in _DATA:
            if (
                self.hear is not None
                and event.opcode is Opcode.TEXT
                and event.fin
                and self.hear(bytes(event.data))
            ):
                return
            self.hear = None
            self.left += event.fin
        super().process_event(event)
