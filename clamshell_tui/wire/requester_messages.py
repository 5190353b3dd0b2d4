"""Messages of the requester: records, labels and predictions."""

from typing import Annotated

from msgspec import Meta

from clamshell_tui.wire.parts import Message, Name, WirePart


class NewRecord(WirePart, frozen=True):
    """A record to be labelled: a text or numbers; ``gold`` is its label if it is known.

    ``truth`` is for simulated workers, which could not answer correctly without it; unlike gold,
    such a record is labelled like any other.
    """

    id: Name
    text: str | None = None
    numbers: tuple[tuple[Name, float], ...] = ()
    gold: Name | None = None
    truth: Name | None = None


class Submit(Message, frozen=True, tag="submit"):
    """Requester: have records labelled. ``last`` ends the stream of records."""

    records: Annotated[tuple[NewRecord, ...], Meta(max_length=1000)] = ()
    last: bool = False


class Submitted(Message, frozen=True, tag="submitted"):
    """The records are stored; ``total`` were submitted in all."""

    accepted: int
    total: int


class Follow(Message, frozen=True, tag="follow"):
    """Requester: send the labels from number ``since`` on; with ``keep``, later ones too."""

    since: Annotated[int, Meta(ge=0)] = 0
    keep: bool = True


class Labelled(WirePart, frozen=True):
    """One label; ``number`` counts deliveries from 0, ``support``: see DeliverLabels."""

    number: int
    id: Name
    label: Name
    support: float
    at: float


class LabelsDelivered(Message, frozen=True, tag="labels"):
    """Labels in the order of delivery. ``finished``: there will be no more."""

    labels: tuple[Labelled, ...]
    finished: bool = False


class Predict(Message, frozen=True, tag="predict"):
    """Requester: predict the classes of these records."""

    records: Annotated[tuple[NewRecord, ...], Meta(max_length=1000)]


class Predicted(Message, frozen=True, tag="predicted"):
    """Class and probability per record; ``model`` is the model's version, 0: there is none."""

    model: int
    labels: tuple[Name, ...] = ()
    probabilities: tuple[float, ...] = ()


FromRequester = Submit | Follow | Predict
ToRequester = Submitted | LabelsDelivered | Predicted
