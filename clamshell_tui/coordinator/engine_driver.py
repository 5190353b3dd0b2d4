"""Drives the engine of a live run, and everything that must advance with it."""

from collections.abc import Callable, Sequence
from itertools import chain
from math import inf

from clamshell_tui.coordinator.driver import Driver
from clamshell_tui.coordinator.journal_feed import JournalFeed
from clamshell_tui.coordinator.label_log import LabelLog
from clamshell_tui.coordinator.records import Records
from clamshell_tui.coordinator.sessions import ConnectedSession, ConnectedSessions, Peer
from clamshell_tui.coordinator.trainer import TrainerProcess
from clamshell_tui.coordinator.trainer_messages import Exclude, PredictBatch
from clamshell_tui.coordinator.translate import Translator
from clamshell_tui.core.commands import (
    Command,
    CutBatch,
    DeliverLabels,
    FinishRun,
    Retrain,
    SetAside,
)
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event, OrderCarriedOut
from clamshell_tui.core.ids import Phase, WorkerId
from clamshell_tui.run.model import RunModel
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.wire.messages import ToClient
from clamshell_tui.wire.worker_messages import Over, TaskAssigned, TrainingAssigned, Wait

_NOTICES = 20  # kept for a worker
_ENDS_WAIT = Wait | TaskAssigned | TrainingAssigned | Over


class EngineDriver(Driver):
    """Applies events; holds back messages and effects until their cause is committed."""

    def __init__(
        self,
        engine: Engine,
        model: RunModel,
        records: Records,
        translator: Translator,
        sessions: ConnectedSessions,
        journal_feed: JournalFeed,
        trainer: TrainerProcess | None,
        title: str,
    ) -> None:
        super().__init__(sessions, title)
        self.engine = engine
        self.model = model
        self.journal = Journal()
        self.records = records
        self.translator = translator
        self.label_log = LabelLog(records.ids, records.classes)
        self.trainer = trainer
        self.journal_feed = journal_feed
        self.excluded: list[int] = []  # records set aside, for a restarted trainer
        self.messages: dict[Peer, list[ToClient]] = {}
        self.copies_wanted: list[Callable[[bytes], None]] = []
        """Called with a copy of the file after the next commit."""
        self.observe: Callable[[Event, Sequence[Command], float], None] = lambda *_: None
        """Called with each step of the engine, before its commit."""
        self.resumed_at = -inf
        """When the process last went on after it was stopped, by the event loop's clock."""

    @property
    def finished(self) -> bool:
        return self.engine.state.phase is Phase.FINISHED

    def apply(self, event: Event, now: float, *, exclude: WorkerId | None = None) -> None:
        """Apply an event; queue its messages until the commit.

        ``exclude`` is a worker that gets no messages, because :meth:`resync` follows.
        """
        now = max(now, self.engine.now)
        commands = self.engine.handle(event, now)
        self._keep_notice(event)
        entry = self.journal.entry(now, event)
        self.model.sink.put(entry)
        self.model.apply(now, event, commands)
        if self.journal_feed.has_readers:
            self.journal_feed.note(entry)
        for worker, message in self.translator.messages(event, commands, now):
            if worker != exclude:
                self.send_to_worker(worker, message)
        for command in commands:
            self._carry_out(command, now)
        self.observe(event, commands, now)

    def _release_readers(self, now: float) -> None:
        """End the sessions of workers who have not begun: the engine does not know them."""
        for session in self.sessions.workers.values():
            if session.worker not in self.engine.state.pool.workers and not session.statement_sent:
                self.resync(session, now)

    def replay(self, event: Event, now: float) -> None:
        """As :meth:`apply`, for a stored event: no message is sent, and no model is trained."""
        commands = self.engine.handle(event, now)
        self._keep_notice(event)
        self.model.apply(now, event, commands)
        self.translator.messages(event, commands, now)
        for command in commands:
            if isinstance(command, DeliverLabels):
                self.label_log.add(command, now)
            elif isinstance(command, SetAside):
                self.excluded += command.records

    def _keep_notice(self, event: Event) -> None:
        """Keep an operator's message for its receivers, who may be away or come back elsewhere."""
        if not isinstance(event, OrderCarriedOut) or event.order != "message":
            return
        for session in self.sessions.workers.values():
            here = session.peer is not None or session.worker in self.engine.state.pool.workers
            if event.subject in ("", session.worker) and here:
                session.notices = [*session.notices, event.text][-_NOTICES:]

    def _carry_out(self, command: Command, now: float) -> None:
        match command:
            case DeliverLabels():
                delivered = self.label_log.add(command, now)
                if self.trainer is not None:
                    self.trainer.send(delivered)
            case SetAside():
                self.excluded += command.records
                if self.trainer is not None:
                    self.trainer.send(Exclude(command.records))
            case CutBatch():
                if self.trainer is not None and self.engine.state.config.quality.model_votes:
                    self.trainer.send(PredictBatch(tuple(chain.from_iterable(command.records))))
            case FinishRun():
                self._release_readers(now)
            case Retrain():
                if self.trainer is not None:
                    labels, trainer = command.labels, self.trainer
                    self.effects.append(lambda: trainer.train(labels))

    # -- sending ----------------------------------------------------------------------------------

    def send(self, peer: Peer, message: ToClient) -> None:
        """Queue a message until the commit; it replaces a wait that was queued before it."""
        queued = self.messages.setdefault(peer, [])
        if queued and type(queued[-1]) is Wait and isinstance(message, _ENDS_WAIT):
            queued[-1] = message
        else:
            queued.append(message)

    def send_to_worker(self, worker: WorkerId, message: ToClient) -> None:
        """Queue a message to a worker, if it is connected now."""
        session = self.sessions.workers[worker]
        if session.peer is not None:
            self.send(session.peer, message)
            if isinstance(message, Over):
                session.statement_sent = True

    def resync(self, session: ConnectedSession, now: float) -> None:
        """Queue the current state of a session: task, wait, training or end."""
        for message in self.translator.resync(session.worker, now):
            self.send_to_worker(session.worker, message)

    def send_pending(self) -> None:
        """Send the queued messages, in order, and run the effects: their causes are committed."""
        self.journal_feed.committed(self.journal.seq)
        messages, self.messages = self.messages, {}
        for peer, queued in messages.items():
            peer.send(*queued)
        effects, self.effects = self.effects, []
        for effect in effects:
            effect()
