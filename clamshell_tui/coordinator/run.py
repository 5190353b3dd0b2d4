"""One live run: the engine with everything that must move with it, step by step."""

from collections.abc import Callable

from clamshell_tui.coordinator.journal_feed import JournalFeed
from clamshell_tui.coordinator.label_log import LabelLog
from clamshell_tui.coordinator.records import Records
from clamshell_tui.coordinator.sessions import ConnectedSession, ConnectedSessions, Peer
from clamshell_tui.coordinator.trainer import TrainerProcess
from clamshell_tui.coordinator.trainer_messages import Exclude
from clamshell_tui.coordinator.translate import Translator
from clamshell_tui.core.commands import Command, DeliverLabels, Retrain, SetAside
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event
from clamshell_tui.core.ids import Phase, WorkerId
from clamshell_tui.run.model import RunModel
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.wire.messages import ToClient
from clamshell_tui.wire.worker_messages import Over

Effect = Callable[[], None]


class EngineDriver:
    """What the desks work on. Effects wait here until their cause is committed."""

    def __init__(
        self,
        engine: Engine,
        model: RunModel,
        catalogue: Records,
        translator: Translator,
        sessions: ConnectedSessions,
        deliveries: LabelLog,
        title: str,
    ) -> None:
        self.engine = engine
        self.model = model
        self.journal = Journal()
        self.catalogue = catalogue
        self.translator = translator
        self.sessions = sessions
        self.deliveries = deliveries
        self.title = title
        self.trainer: TrainerProcess | None = None
        self.feed: JournalFeed | None = None
        self.excluded: list[int] = []  # records set aside, for a trainer that begins anew
        self.messages: list[tuple[Peer, ToClient]] = []
        self.effects: list[Effect] = []

    @property
    def finished(self) -> bool:
        """Whether the engine has said that the run is over."""
        return self.engine.state.phase is Phase.FINISHED

    def happen(self, event: Event, now: float, *, untold: WorkerId | None = None) -> None:
        """Tell the engine, note everything, and keep what is to be sent after the commit.

        ``untold`` is a worker who is told the whole truth afterwards instead.
        """
        now = max(now, self.engine.now)
        commands = self.engine.handle(event, now)
        self.model.sink.put(self.journal.entry(now, event))
        self.model.apply(now, event, commands)
        if self.feed is not None and self.feed.wanted:
            self.feed.note(self.journal.seq, now, event)
        for worker, message in self.translator.messages(event, commands, now):
            if worker != untold:
                self.tell(worker, message)
        for command in commands:
            self._carry_out(command, now)

    def replay(self, event: Event, now: float) -> None:
        """As :meth:`happen`, for an event of the past: nothing is sent, nobody is asked."""
        commands = self.engine.handle(event, now)
        self.model.apply(now, event, commands)
        self.translator.messages(event, commands, now)
        for command in commands:
            if isinstance(command, DeliverLabels):
                self.deliveries.add(command, now)
            elif isinstance(command, SetAside):
                self.excluded += command.records

    def _carry_out(self, command: Command, now: float) -> None:
        match command:
            case DeliverLabels():
                delivered = self.deliveries.add(command, now)
                if self.trainer is not None:
                    self.trainer.tell(delivered)
            case SetAside():
                self.excluded += command.records
                if self.trainer is not None:
                    self.trainer.tell(Exclude(command.records))
            case Retrain():
                if self.trainer is not None:
                    labels, trainer = command.labels, self.trainer
                    self.effects.append(lambda: trainer.train(labels))

    # -- telling ----------------------------------------------------------------------------------

    def send(self, peer: Peer, message: ToClient) -> None:
        """Send after the commit."""
        self.messages.append((peer, message))

    def tell(self, worker: WorkerId, message: ToClient) -> None:
        """Send to a worker after the commit, if there is a connection then as now."""
        session = self.sessions.workers[worker]
        if session.peer is not None:
            self.send(session.peer, message)
            if isinstance(message, Over):
                session.told_over = True

    def tell_truth(self, session: ConnectedSession, now: float) -> None:
        """Tell a worker all that is true of the session now."""
        for message in self.translator.truth(session.worker, now):
            self.tell(session.worker, message)

    def release(self) -> None:
        """The causes are committed: send what was kept, in order."""
        if self.feed is not None:
            self.feed.committed(self.journal.seq)
        messages, self.messages = self.messages, []
        for peer, message in messages:
            peer.send(message)
        effects, self.effects = self.effects, []
        for effect in effects:
            effect()
