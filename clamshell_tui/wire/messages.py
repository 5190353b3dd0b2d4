"""Messages of all roles, the error codes, and the unions of all messages.

``ToServer`` and ``ToClient`` are tagged by the field ``type``. ``ALLOWED`` alone decides which
role may send which message.
"""

from typing import Literal, get_args

from clamshell_tui.wire.operator_messages import FromOperator, ToOperator
from clamshell_tui.wire.parts import Message, Name, Short, Token
from clamshell_tui.wire.requester_messages import FromRequester, ToRequester
from clamshell_tui.wire.study_messages import (
    FromParticipant,
    FromStudyOperator,
    ToParticipant,
    ToStudyOperator,
)
from clamshell_tui.wire.worker_messages import FromWorker, ToWorker


class Hello(Message, frozen=True, tag="hello"):
    """First frame of every client; ``encoding`` is that of its terminal."""

    protocol: int
    role: Literal["worker", "operator", "requester"]
    client: Name = ""
    encoding: Name = "utf-8"


class Welcome(Message, frozen=True, tag="welcome"):
    """The coordinator's answer to ``hello``."""

    protocol: int
    run: Name
    server: Name


ErrorCode = Literal[
    "protocol",  # the message is malformed, or out of turn
    "version",  # the other side speaks another version of the protocol
    "role",  # this role may not send that message
    "code",  # the join code is wrong, replaced or revoked
    "token",  # the token is wrong, or of another role
    "terminal",  # this terminal cannot show the records
    "over",  # the run is over and accepts no new worker
    "in-use",  # another connection has the seat, and its person stays
    "replaced",  # a newer connection has the seat of this connection or token
    "busy",  # too many connections, in all or from this address
    "full",  # all seats are taken
    "label",  # the labels do not fit the task
    "request",  # the request cannot be met
]

LATER: frozenset[str] = frozenset({"busy", "full"})
"""Codes of temporary refusals: ask again after a pause of random length, 1 to 2 s at first.

All other fatal errors are final: the same request gets the same answer.
"""


class Error(Message, frozen=True, tag="error"):
    """A refusal. ``fatal``: the connection is closed after this frame.

    Each code has one meaning. ``label`` and ``request`` are never fatal, the others always.
    """

    code: ErrorCode
    message: Short
    fatal: bool = True


class Notice(Message, frozen=True, tag="notice"):
    """Text for workers and operators, at any time: from the operator, or about a full disk.

    After ``joined`` a worker is sent the operator's messages to it again, oldest first.
    """

    text: Short


class Authenticate(Message, frozen=True, tag="authenticate"):
    """Operator or requester: authenticate with the run's token for that role."""

    token: Token
    name: Name = "operator"


class Granted(Message, frozen=True, tag="granted"):
    """The token was accepted."""

    role: Literal["operator", "requester"]


ToServer = (
    Hello
    | Authenticate
    | FromWorker
    | FromParticipant
    | FromOperator
    | FromStudyOperator
    | FromRequester
)
ToClient = (
    Welcome
    | Error
    | Notice
    | Granted
    | ToWorker
    | ToParticipant
    | ToOperator
    | ToStudyOperator
    | ToRequester
)

ALLOWED: dict[str, tuple[type, ...]] = {
    "worker": (*get_args(FromWorker), *get_args(FromParticipant)),
    "operator": (Authenticate, *get_args(FromOperator), *get_args(FromStudyOperator)),
    "requester": (Authenticate, *get_args(FromRequester)),
}
"""Messages that each role may send after ``hello``; all others are refused."""
