"""Client of a running coordinator: submit records, receive labels and predictions.

    async with await AsyncRequester.connect("127.0.0.1:7777", token) as requester:
        await requester.submit([NewRecord("t1", text="what a day")], last=True)
        async for label in requester.labels(follow=True):
            print(label.id, label.label)

:class:`Requester` is the same without ``await``. Both survive a restart of the coordinator.
"""

from clamshell_tui.client.blocking import Requester
from clamshell_tui.client.requester import AsyncRequester
from clamshell_tui.wire.invitation import Codes, read_codes
from clamshell_tui.wire.requester_messages import Labelled, NewRecord, Predicted

__all__ = [
    "AsyncRequester",
    "Codes",
    "Labelled",
    "NewRecord",
    "Predicted",
    "Requester",
    "read_codes",
]
