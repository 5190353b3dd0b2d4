"""Handles requesters' messages: submissions, labels and predictions."""

from collections.abc import Callable

import msgspec

from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.records import ordered_numbers
from clamshell_tui.coordinator.sessions import Peer
from clamshell_tui.coordinator.trainer import PredictionReply
from clamshell_tui.coordinator.trainer_messages import AddRecords, Exclude, PredictionRefused
from clamshell_tui.core.events import RecordsSubmitted, SubmissionClosed
from clamshell_tui.core.ids import ClassIndex, RecordId
from clamshell_tui.datasets.checks import SourceLine
from clamshell_tui.datasets.config import WireConfig
from clamshell_tui.datasets.values import id_of, label_of, matching
from clamshell_tui.errors import DatasetError, did_you_mean
from clamshell_tui.runfile.schema import RecordRow
from clamshell_tui.text import show
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.requester_messages import (
    Follow,
    FromRequester,
    LabelsDelivered,
    NewRecord,
    Predict,
    Predicted,
    Submit,
    Submitted,
)

CHUNK = 500  # labels in one message


class RequesterHandler:
    """Handles messages of authenticated requesters.

    ``source`` is None if the records are from a file. ``keep`` stores submitted records.
    """

    def __init__(
        self, run: EngineDriver, source: WireConfig | None, keep: Callable[[RecordRow], None]
    ) -> None:
        self._run = run
        self._source = source
        self._keep = keep
        self._followers: set[Peer] = set()

    def take(self, peer: Peer, message: FromRequester, now: float) -> None:
        match message:
            case Submit():
                self._submit(peer, message, now)
            case Follow():
                self._follow(peer, message)
            case Predict():
                self._predict(peer, message)

    def gone(self, peer: Peer) -> None:
        """Forget a connection that ended."""
        self._followers.discard(peer)

    # -- records ----------------------------------------------------------------------------------

    def _submit(self, peer: Peer, message: Submit, now: float) -> None:
        state = self._run.engine.state
        try:
            new = self._new(message.records)
        except DatasetError as error:
            self._run.send(peer, Error("request", str(error), fatal=False))
            return
        if new:
            self._take_in(new, message.last, now)
        elif message.last and state.submission_open:
            self._run.apply(SubmissionClosed(), now)
        total = len(self._run.records)
        self._run.send(peer, Submitted(len(message.records), total))

    def _new(self, records: tuple[NewRecord, ...]) -> list[NewRecord]:
        """Return those not submitted before; DatasetError if any of them is invalid."""
        if self._source is None:
            raise DatasetError(
                "the records of this run come from its scenario, and it takes no others. To "
                'submit some, serve a scenario with [dataset] kind = "wire"'
            )
        found: dict[str, NewRecord] = {}
        first = records[0].numbers if records else ()
        names = self._run.records.names or [name for name, _ in first]
        for line, record in enumerate(records, 1):
            checked = self._checked(record, self._source, SourceLine("submission", line))
            if self._source.kind_of == "numbers":
                checked = msgspec.structs.replace(checked, numbers=ordered_numbers(checked, names))
            known = self._run.records.number(checked.id)
            if checked.id in found:
                raise DatasetError(f"id {show(checked.id)} is there twice")
            if known is None:
                found[checked.id] = checked
            elif not self._same(known, checked):
                raise DatasetError(f"id {show(checked.id)} was submitted with other contents")
        state = self._run.engine.state
        if found and (self._run.finished or not state.submission_open):
            raise DatasetError("the stream of records has ended")
        return list(found.values())

    def _same(self, number: RecordId, record: NewRecord) -> bool:
        shown = self._run.records.record(number, with_truth=False)
        return (shown.text, shown.numbers) == (record.text, record.numbers)

    def _checked(self, record: NewRecord, source: WireConfig, place: SourceLine) -> NewRecord:
        name = id_of(record.id, place)
        if source.kind_of == "text" and not (record.text or "").strip():
            raise place.error(f"record {show(name)} has no text")
        if source.kind_of == "numbers" and not record.numbers:
            raise place.error(f"record {show(name)} has no numbers")
        gold, truth = self._class(record.gold, place), self._class(record.truth, place)
        return msgspec.structs.replace(record, id=name, gold=gold, truth=truth)

    def _class(self, given: str | None, place: SourceLine) -> str | None:
        classes = self._run.records.classes
        label = label_of(given, place)
        if label is None:
            return None
        label = matching(label, classes)
        if label not in classes:
            hint = did_you_mean(label, classes)
            raise place.error(f"label {show(label)} is not one of the classes{hint}")
        return label

    def _take_in(self, new: list[NewRecord], last: bool, now: float) -> None:
        run = self._run
        first = RecordId(len(run.records))
        numbers = [run.records.submit(record) for record in new]
        gold = {
            number: ClassIndex(run.records.classes.index(record.gold))
            for number, record in zip(numbers, new, strict=True)
            if record.gold is not None
        }
        for number, record in zip(numbers, new, strict=True):
            self._keep(RecordRow(number, record.id, msgspec.json.encode(record).decode()))
        if run.trainer is not None:
            run.trainer.send(AddRecords(tuple(new)))
            run.trainer.send(Exclude(tuple(gold)))
        run.apply(RecordsSubmitted(first, len(new), gold, last), now)

    # -- labels -----------------------------------------------------------------------------------

    def _follow(self, peer: Peer, message: Follow) -> None:
        peer.following = message.since
        self._send_labels(peer, once=not message.keep)
        if message.keep and not self._run.finished:
            self._followers.add(peer)
        elif not message.keep:
            self._followers.discard(peer)

    def send_labels(self) -> None:
        """Send all followers the labels delivered since the last call."""
        for peer in list(self._followers):
            self._send_labels(peer)
        if self._run.finished:
            self._followers.clear()

    def _send_labels(self, peer: Peer, *, once: bool = False) -> None:
        """Send one follower its labels; with ``once``, end with an empty message."""
        assert peer.following is not None, "only followers are fed"
        run = self._run
        while labels := run.label_log.since(peer.following, CHUNK):
            peer.following += len(labels)
            run.send(peer, LabelsDelivered(labels))
        if run.finished:
            run.send(peer, LabelsDelivered((), finished=True))
        elif once:
            run.send(peer, LabelsDelivered(()))

    # -- predictions ------------------------------------------------------------------------------

    def _predict(self, peer: Peer, message: Predict) -> None:
        classes = self._run.records.classes

        def send(reply: PredictionReply) -> None:
            if isinstance(reply, PredictionRefused):
                peer.send(Error("request", reply.reason, fatal=False))
                return
            names = tuple(classes[label] for label in reply.labels)
            peer.send(Predicted(reply.version, names, reply.probabilities))

        if self._run.trainer is None:
            self._run.send(peer, Predicted(0))
        else:
            self._run.trainer.predict(message.records, send)
