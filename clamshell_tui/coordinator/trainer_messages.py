"""Messages between the coordinator and its training process, over a pair of pipes.

A message is a length (four bytes, big-endian) and that many bytes of MessagePack.
"""

import msgspec
from msgspec import UNSET, Struct, UnsetType

from clamshell_tui.core.events import KnownUse
from clamshell_tui.core.ids import RecordId
from clamshell_tui.wire.requester_messages import NewRecord

HEADER = 4  # bytes of the length


class _Message(Struct, frozen=True, tag=True, gc=False):
    """Base of all messages."""


# -- to the process -------------------------------------------------------------------------------


class Load(_Message, frozen=True):
    """Read the data of a scenario; its paths are relative to ``base``. The first message."""

    scenario_toml: str
    base: str


class AddRecords(_Message, frozen=True):
    """A requester submitted these records, in the order of their numbers."""

    records: tuple[NewRecord, ...]


class AddLabels(_Message, frozen=True):
    """Labels were delivered; one class index and one ``active`` per record."""

    records: tuple[int, ...]
    labels: tuple[int, ...]
    active: tuple[bool, ...]


class Exclude(_Message, frozen=True):
    """Never rank these records: submitted gold, or records set aside."""

    records: tuple[int, ...]


class Train(_Message, frozen=True):
    """Train a model on the first ``labels`` labels."""

    labels: int


class RebuildModel(_Message, frozen=True):
    """Train the model of the first ``labels`` labels again, under the same ``version``.

    It has no reply: the journal has the model's ranking, and only predictions need the model.
    """

    labels: int
    version: int


class PredictRequest(_Message, frozen=True):
    """Predict with the latest model; the reply repeats ``number``."""

    number: int
    records: tuple[NewRecord, ...]


class PredictBatch(_Message, frozen=True):
    """Predict records of the run by their numbers; no reply while there is no model of them."""

    records: tuple[int, ...]


# -- from the process -----------------------------------------------------------------------------


class Loaded(_Message, frozen=True):
    """The records of the run in the order of their numbers: ``seeds``, ``gold``, and the others.

    ``truth`` holds class indices, -1 where unknown. ``pixels`` are 8 bits each, record by record,
    of images of ``image`` (height, width, channels); ``numbers`` are float32 in the machine's
    order, ``width`` of them for each record. A worker is shown the text, else the image, else the
    numbers.
    """

    name: str
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    truth: tuple[int, ...]
    gold: int
    notes: tuple[str, ...]
    texts: tuple[str, ...] | None = None
    image: tuple[int, int, int] | None = None
    images: tuple[tuple[int, int, int], ...] = ()  # of each picture, if their sizes differ
    pixels: bytes = b""
    width: int = 0
    numbers: bytes = b""
    seeds: int = 0
    meta: dict[str, str] = {}  # for the run's table of that name
    uses: dict[RecordId, KnownUse] | UnsetType = UNSET  # gold that serves one purpose only
    why: dict[RecordId, str] | UnsetType = UNSET  # reasons of the known answers of a training


class Refused(_Message, frozen=True):
    """The data cannot be used; ``kind`` is the class of errors.py to raise."""

    kind: str
    message: str


class Trained(_Message, frozen=True):
    """A model was trained; see ``ModelTrained``."""

    ranking: tuple[int, ...]
    labels_used: int
    accuracy: float | None
    estimated: bool
    seconds: float
    uncertainty: tuple[float, ...] = ()
    by_class: tuple[float, ...] = ()


class TrainingRefused(_Message, frozen=True):
    """No model could be trained on these labels."""

    reason: str


class Prediction(_Message, frozen=True):
    """A class index and its probability per record; version 0 if there is no model yet."""

    number: int
    version: int
    labels: tuple[int, ...] = ()
    probabilities: tuple[float, ...] = ()


class BatchPredicted(_Message, frozen=True):
    """The reply to :class:`PredictBatch`; see ``RecordsPredicted``."""

    records: tuple[int, ...]
    labels: tuple[int, ...]
    probabilities: tuple[float, ...]


class PredictionRefused(_Message, frozen=True):
    """The model cannot read these records."""

    number: int
    reason: str


Request = (
    Load | AddRecords | AddLabels | Exclude | Train | RebuildModel | PredictRequest | PredictBatch
)
Learnt = Trained | TrainingRefused | BatchPredicted
"""Replies that become events of the run."""

Reply = Loaded | Refused | Learnt | Prediction | PredictionRefused

_encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder[Request](Request).decode
decode_reply = msgspec.msgpack.Decoder[Reply](Reply).decode


def framed(message: Request | Reply) -> bytes:
    """Return the bytes of a message, with its length."""
    body = _encode(message)
    return len(body).to_bytes(HEADER, "big") + body
