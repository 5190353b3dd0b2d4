"""Whatever the network does, no answer is lost and no key lands on the wrong task."""

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clamshell_tui.protocol.messages import (
    Acknowledged,
    Answer,
    Hello,
    Join,
    Rejoin,
    Skip,
    Stop,
    Task,
    ToClient,
    ToServer,
    Wait,
)
from tests.worker_client.scripted import TOKEN, joined, texts
from worker_client.effects import Effect, Forget, KeepSeat, Refused, Remember, Send
from worker_client.lifecycle import Phase
from worker_client.session import Session


class Truth:
    """A coordinator with one worker and no flaws."""

    def __init__(self) -> None:
        self.issued = 0
        self.live: Task | None = None
        self.answers: dict[str, tuple[int, ...]] = {}

    def hear(self, message: ToServer) -> list[ToClient]:
        match message:
            case Join() | Rejoin():
                return [joined(begun=True), self.live or Wait("available", 0, 0)]
            case Answer():
                return [self._take(message)]
            case Skip() if self.live is not None and self.live.assignment == message.assignment:
                self.live = None
                return [Stop(message.assignment, "skipped", 0, 0), Wait("available", 0, 0)]
        return []

    def offer(self, n_records: int) -> list[ToClient]:
        self.issued += 1
        words = [f"{self.issued}.{number}" for number in range(n_records)]
        self.live = Task(f"a{self.issued}", texts(*words), 60.0)
        return [self.live]

    def stop(self) -> list[ToClient]:
        assert self.live is not None
        stopped, self.live = self.live, None
        return [Stop(stopped.assignment, "finished-by-another", 1, 1), Wait("available", 0, 0)]

    def _take(self, answer: Answer) -> Acknowledged:
        key = answer.assignment
        if key in self.answers:
            assert self.answers[key] == answer.labels, "two answers for one assignment"
            return Acknowledged(key, "repeated", 1, 1)
        self.answers[key] = answer.labels
        if self.live is None or self.live.assignment != key:
            return Acknowledged(key, "late", 1, 1)
        self.live = None
        return Acknowledged(key, "counted", 1, 1)


class Worker(RuleBasedStateMachine):
    """A person who presses keys at random, on a network that fails at random."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.truth = Truth()
        self.disk: dict[str, tuple[int, ...]] = {}
        self.token = ""
        self.session = Session("CODE")
        self.up = False
        self.greeted = False  # the coordinator knows who is at the other end
        self.to_server: deque[ToServer] = deque()
        self.to_client: deque[ToClient] = deque()
        self.submitted: dict[str, tuple[int, ...]] = {}

    def perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Remember():
                    self.disk[effect.assignment] = effect.labels
                    self.submitted[effect.assignment] = effect.labels
                case Forget():
                    del self.disk[effect.assignment]
                case KeepSeat():
                    self.token = effect.token
                case Send():
                    assert self.up, "sent without a connection"
                    if isinstance(effect.message, Answer):
                        assert effect.message.assignment in self.disk, "sent before it was kept"
                    if not isinstance(effect.message, Hello):
                        self.to_server.append(effect.message)

    def say(self, messages: list[ToClient]) -> None:
        if self.greeted:
            self.to_client.extend(messages)

    @precondition(lambda self: not self.up)
    @rule()
    def connect(self) -> None:
        self.up = True
        self.perform(self.session.opened())

    @precondition(lambda self: self.up)
    @rule()
    def disconnect(self) -> None:
        self.up = self.greeted = False
        self.to_server.clear()
        self.to_client.clear()
        self.session.lost(self.now)

    @rule()
    def kill_and_restart(self) -> None:
        self.up = self.greeted = False
        self.to_server.clear()
        self.to_client.clear()
        self.session = Session("CODE", self.token, self.disk)

    @precondition(lambda self: self.to_server)
    @rule()
    def deliver_to_server(self) -> None:
        message = self.to_server.popleft()
        self.greeted = self.greeted or isinstance(message, Join | Rejoin)
        self.say(self.truth.hear(message))

    @precondition(lambda self: self.to_client)
    @rule()
    def deliver_to_client(self) -> None:
        self.perform(self.session.receive(self.to_client.popleft(), self.now))

    @precondition(lambda self: self.truth.live is None)
    @rule(n_records=st.integers(1, 3))
    def offer(self, n_records: int) -> None:
        self.say(self.truth.offer(n_records))

    @precondition(lambda self: self.truth.live is not None)
    @rule()
    def stop(self) -> None:
        self.say(self.truth.stop())

    @rule(seconds=st.sampled_from([0.1, 1.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(label=st.integers(0, 1))
    def press_a_label(self, label: int) -> None:
        before = self.session.sheet.done if self.session.sheet is not None else 0
        covered = self.session.cover is not None
        effects = self.session.label(label, self.now)
        refused = any(isinstance(effect, Refused) for effect in effects)
        sheet = self.session.sheet
        assert refused or (sheet is not None and not covered and sheet.done in (before, before + 1))
        self.perform(effects)

    @rule(record=st.integers(0, 2))
    def look_at(self, record: int) -> None:
        self.perform(self.session.look_at(record, self.now))

    @rule()
    def press_undo(self) -> None:
        self.perform(self.session.undo(self.now))

    @rule()
    def press_enter(self) -> None:
        if self.session.cover is not None:
            self.perform(self.session.dismiss(self.now))
        else:
            self.perform(self.session.submit(self.now))

    @rule()
    def press_skip(self) -> None:
        self.perform(self.session.skip(self.now))

    @invariant()
    def the_disk_holds_what_is_not_acknowledged(self) -> None:
        assert self.disk == self.session.outbox

    @invariant()
    def no_answer_is_lost(self) -> None:
        for assignment, labels in self.submitted.items():
            assert self.disk.get(assignment) == labels or self.truth.answers[assignment] == labels

    @invariant()
    def an_answered_task_is_not_in_hand_again(self) -> None:
        sheet = self.session.sheet
        if sheet is not None and sheet.assignment in self.submitted:
            assert self.session.phase is Phase.SENDING

    def teardown(self) -> None:
        """In the end the network works, and both sides agree."""
        if not self.up:
            self.connect()
        while self.to_server or self.to_client:
            while self.to_server:
                self.deliver_to_server()
            while self.to_client:
                self.deliver_to_client()
        assert self.token == TOKEN
        assert self.disk == {}
        assert self.submitted == self.truth.answers
        in_hand = self.session.sheet.assignment if self.session.sheet is not None else None
        assert in_hand == (self.truth.live.assignment if self.truth.live is not None else None)


TestWorker = Worker.TestCase
TestWorker.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
