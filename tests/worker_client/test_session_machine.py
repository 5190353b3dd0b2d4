"""Whatever the network does, no answer is lost and no key lands on the wrong task."""

from collections import Counter, deque

from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clamshell_tui.wire.messages import Hello, ToClient, ToServer
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Join,
    Rejoin,
    Skip,
    TaskAssigned,
    Wait,
)
from tests.worker_client.scripted import TOKEN, joined, texts
from worker_client.effects import Effect, Forget, JoinRefused, KeepSeat, Remember, Send
from worker_client.lifecycle import SessionPhase
from worker_client.session import Session

REACHED: Counter[str] = Counter()
"""How often the walks came to where it gets interesting."""

FAILURES = st.integers(0, 1)  # 0: it happens


class Truth:
    """A coordinator with one worker and no flaws."""

    def __init__(self) -> None:
        self.issued = 0
        self.live: TaskAssigned | None = None
        self.answers: dict[str, tuple[int | None, ...]] = {}

    def hear(self, message: ToServer) -> list[ToClient]:
        match message:
            case Join() | Rejoin():
                return [joined(begun=True), self.live or Wait("available", 0, 0)]
            case Answer():
                return [self._take(message)]
            case Skip() if self.live is not None and self.live.assignment == message.assignment:
                self.live = None
                return [
                    AssignmentStopped(message.assignment, "skipped", 0, 0),
                    Wait("available", 0, 0),
                ]
        return []

    def offer(self, n_records: int) -> list[ToClient]:
        self.issued += 1
        words = [f"{self.issued}.{number}" for number in range(n_records)]
        self.live = TaskAssigned(f"a{self.issued}", texts(*words), 60.0)
        return [self.live]

    def stop(self) -> list[ToClient]:
        assert self.live is not None
        stopped, self.live = self.live, None
        return [
            AssignmentStopped(stopped.assignment, "finished-by-another", 1, 1),
            Wait("available", 0, 0),
        ]

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
        self.disk: dict[str, Answer] = {}
        self.token = ""
        self.session = Session("CODE")
        self.up = False
        self.greeted = False  # the coordinator knows who is at the other end
        self.to_server: deque[ToServer] = deque()
        self.to_client: deque[ToClient] = deque()
        self.submitted: dict[str, tuple[int | None, ...]] = {}

    def perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Remember():
                    self.disk[effect.answer.assignment] = effect.answer
                    self.submitted[effect.answer.assignment] = effect.answer.labels
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

    @initialize()
    def take_the_seat(self) -> None:
        self.connect()
        self.exchange(4)

    @precondition(lambda self: not self.up)
    @rule()
    def connect(self) -> None:
        REACHED["reconnected with an answer to send"] += bool(self.disk)
        self.up = True
        self.perform(self.session.opened())

    @precondition(lambda self: self.up)
    @rule(chance=FAILURES)
    def disconnect(self, chance: int) -> None:
        if chance:
            return
        self.up = self.greeted = False
        self.to_server.clear()
        self.to_client.clear()
        self.session.lost(self.now)

    @rule(chance=FAILURES)
    def kill_and_restart(self, chance: int) -> None:
        if chance:
            return
        REACHED["restarted with an answer to send"] += bool(self.disk)
        self.up = self.greeted = False
        self.to_server.clear()
        self.to_client.clear()
        self.session = Session("CODE", self.token, self.disk)

    @rule(messages=st.integers(1, 6))
    def exchange(self, messages: int) -> None:
        """So many messages arrive, first on this side, then on the other."""
        for _ in range(messages):
            if self.to_client:
                self.deliver_to_client()
            elif self.to_server:
                self.deliver_to_server()

    def deliver_to_server(self) -> None:
        message = self.to_server.popleft()
        self.greeted = self.greeted or isinstance(message, Join | Rejoin)
        self.say(self.truth.hear(message))

    def deliver_to_client(self) -> None:
        message = self.to_client.popleft()
        if isinstance(message, Acknowledged):
            REACHED[message.outcome] += 1
        covered = self.session.cover
        self.perform(self.session.receive(message, self.now))
        REACHED["interrupted"] += self.session.cover is not covered

    @precondition(lambda self: self.truth.live is None)
    @rule(n_records=st.integers(1, 3), arrives=st.booleans())
    def offer(self, n_records: int, arrives: bool) -> None:
        self.say(self.truth.offer(n_records))
        self.exchange(6 * arrives)

    @precondition(lambda self: self.truth.live is not None)
    @rule(chance=FAILURES, arrives=st.booleans())
    def stop(self, chance: int, arrives: bool) -> None:
        if chance:
            return
        self.say(self.truth.stop())
        self.exchange(6 * arrives)

    @rule(seconds=st.sampled_from([0.1, 1.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(key=st.sampled_from(["0", "1", "left", "undo", "enter", "skip"]))
    def press(self, key: str) -> None:
        match key:
            case "0" | "1":
                self.label(int(key))
            case "left":
                at = self.session.sheet.at if self.session.sheet is not None else 0
                self.perform(self.session.look_at(at - 1, self.now))
            case "undo":
                self.perform(self.session.undo(self.now))
            case "enter" if self.session.cover is not None:
                self.perform(self.session.dismiss(self.now))
            case "enter":
                self.perform(self.session.submit(self.now))
            case "skip":
                self.perform(self.session.skip(self.now, "blurred"))

    @rule(label=st.integers(0, 1), messages=st.integers(0, 2))
    def finish_the_task(self, label: int, messages: int) -> None:
        self.now += 1.0
        self.perform(self.session.dismiss(self.now))
        for _ in range(3):
            self.label(label)
        self.press("enter")
        REACHED["answered offline"] += bool(self.disk) and not self.up
        self.exchange(messages)

    def label(self, label: int) -> None:
        before = self.session.sheet.done if self.session.sheet is not None else 0
        covered = self.session.cover is not None
        effects = self.session.label(label, self.now)
        refused = any(isinstance(effect, JoinRefused) for effect in effects)
        sheet = self.session.sheet
        assert refused or (sheet is not None and not covered and sheet.done in (before, before + 1))
        self.perform(effects)

    @invariant()
    def the_disk_holds_what_is_not_acknowledged(self) -> None:
        assert self.disk == self.session.outbox

    @invariant()
    def no_answer_is_lost(self) -> None:
        for assignment, labels in self.submitted.items():
            kept = self.disk.get(assignment)
            found = kept.labels if kept is not None else self.truth.answers[assignment]
            assert found == labels

    @invariant()
    def an_answered_task_is_not_in_hand_again(self) -> None:
        sheet = self.session.sheet
        if sheet is not None and sheet.assignment in self.submitted:
            assert self.session.phase is SessionPhase.SENDING

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


INTERESTING = {
    "answered offline",
    "counted",
    "interrupted",
    "late",
    "repeated",
    "reconnected with an answer to send",
    "restarted with an answer to send",
}
ROUNDS = 20  # a round or two reach all of that; where walks lead differs with Hypothesis's release


def test_no_answer_is_lost_and_no_key_lands_on_the_wrong_task() -> None:
    REACHED.clear()
    for number in range(ROUNDS):
        walk(number)
        if set(+REACHED) >= INTERESTING:
            break
    assert set(+REACHED) == INTERESTING


def walk(number: int) -> None:
    """A hundred walks, the same ones for the same number."""
    run_state_machine_as_test(
        seed(number)(type("SeededWorker", (Worker,), {})),
        settings=settings(max_examples=100, stateful_step_count=40, deadline=None, database=None),
    )
