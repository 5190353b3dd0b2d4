"""Verify the folder of a study: its journal, its sealed answers, and the run of each condition."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from clamshell_tui.core.events import WorkerJoined
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.formats import count
from clamshell_tui.runfile.fold import current_tables
from clamshell_tui.runfile.meta import SECRET
from clamshell_tui.runfile.reader import RunFile, open_run
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.runfile.verify import Verification, verify
from clamshell_tui.study.config import QuestionnaireStage
from clamshell_tui.study.events import (
    Consented,
    Declined,
    QuestionsAnswered,
    RecordTried,
    TextSealed,
    WorkEnded,
)
from clamshell_tui.study.itinerary import Itinerary
from clamshell_tui.study.people import Person
from clamshell_tui.study.reader import (
    Entry,
    StudyReader,
    contradiction,
    read_file,
    run_file,
    workers_of,
)
from clamshell_tui.study.schema import FILE, run_fingerprint
from clamshell_tui.study.sealed import SealedRow
from clamshell_tui.study.worker_ids import label_of, worker_id
from clamshell_tui.text import show

_Place = tuple[str, int, str]  # participant, stage, question


class StudyVerification(Struct, frozen=True):
    """What was verified: entries and answers of the study, and a run for each condition.

    ``erased`` are answers that participants wanted to be deleted. ``typed`` are replies that were
    not sent yet; the journal knows nothing of them.
    """

    entries: int
    answers: int
    typed: int
    erased: int
    runs: Mapping[str, Verification]
    finished: bool

    def lines(self) -> Iterator[str]:
        """Yield one sentence about each part that was verified."""
        entries = count(self.entries, "journal entry", "journal entries")
        yield f"{FILE}: {entries}, every hash is right, and the replay accepts each"
        if self.answers:
            yield f"{count(self.answers, 'answer')} as the journal has them"
        if self.typed:
            yield f"{count(self.typed, 'reply', 'replies')} typed and not sent"
        if self.erased:
            yield f"{count(self.erased, 'value')} erased on request"
        for condition, run in self.runs.items():
            entries = count(run.entries, "journal entry", "journal entries")
            yield f"{condition}: {entries}, and every table is as they say"


def verify_study(folder: Path) -> StudyVerification:
    """Verify ``study.db``, the answers in it, and the run files; compare who did what where.

    Raises EnvironmentFaultError, or RunFileError, that names the first difference; AssertionError
    for a bug of ours, as :func:`clamshell_tui.runfile.verify.verify`.
    """
    with read_file(folder / FILE) as file:
        file.check_pages()
        itinerary, entries, answers = file.replay(), file.journal, list(file.sealed())
        expected_runs = file.meta.runs
        _check_known(file)
        _check_access(itinerary, file.access())
    typed, erased = _check_answers(itinerary, entries, answers)
    sent = len(answers) - typed - erased
    runs = {}
    for arm in itinerary.plan.conditions:
        path = run_file(folder, arm.name)
        expected = workers_of(itinerary, entries, path)
        if path.exists():
            with open_run(path) as run:
                runs[arm.name] = verify(run)
                _require_same_run(run, expected_runs.get(arm.name, ""))
                _compare(itinerary, arm.name, run, expected)
                _compare_figures(itinerary, entries, run, expected)
    return StudyVerification(len(entries), sent, typed, erased, runs, itinerary.finished)


def _check_answers(
    itinerary: Itinerary, entries: Sequence[Entry], answers: Sequence[SealedRow]
) -> tuple[int, int]:
    """Compare each answer with its digest; return how many were not sent, and how many erased."""
    expected: dict[_Place, str] = {}
    sent: set[tuple[str, int]] = set()
    for entry in entries:
        event = entry.event
        if isinstance(event, QuestionsAnswered):
            sent.add((event.participant, event.stage))
            for question, digest in event.digests.items():
                expected.setdefault((event.participant, event.stage, question), digest)
        elif isinstance(event, TextSealed):
            expected[event.participant, event.stage, event.name] = event.digest
    asked = {
        (number, question.id)
        for number, stage in enumerate(itinerary.plan.stages)
        if isinstance(stage, QuestionnaireStage)
        for question in stage.questions
    }
    people = itinerary.people.values()
    visited = {(person.label, visit.stage) for person in people for visit in person.stages}
    unanswered = visited - sent
    typed = erased = 0
    for row in answers:
        who = f"the answer of {show(row.participant)} to {show(row.question)}"
        found = expected.pop((row.participant, row.stage, row.question), None)
        unsent = (row.participant, row.stage) in unanswered
        if found is None and not (unsent and (row.stage, row.question) in asked):
            raise contradiction(f"{who} is not in the journal")
        wanted = itinerary.people[row.participant].deleted
        if row.erased:
            if not wanted:
                raise contradiction(f"{who} was erased, but nobody asked for that")
            erased += 1
        elif wanted:
            raise EnvironmentFaultError(
                f"{FILE}: {who} is to be erased, and is still here. Open the study once more with "
                "clamshell serve"
            )
        elif found is None:
            typed += 1
        elif not row.matches(found):
            raise contradiction(f"{who} does not match its digest")
    for participant, _, question in expected:
        raise contradiction(f"the answer of {show(participant)} to {show(question)} is missing")
    return typed, erased


def _require_same_run(run: RunFile, fingerprint: str) -> None:
    secret = run.meta.get(SECRET, "")
    if run_fingerprint(secret) != fingerprint:
        raise contradiction(f"{show(run.path.name)} is the run of another study")


def _check_known(file: StudyReader) -> None:
    """Compare texts that were agreed to, and classes that were chosen, with those of the study."""
    texts, classes = set(file.meta.digests.values()), len(file.meta.classes)
    for seq, _, event in file.journal:
        match event:
            case Consented() | Declined() if event.text_sha256 not in texts:
                raise contradiction(
                    f"entry {seq}: {show(event.participant)} was shown a consent text that is none "
                    "of the study"
                )
            case RecordTried() if not 0 <= event.label < classes:
                raise contradiction(f"entry {seq}: no class has the number {event.label}")


def _check_access(itinerary: Itinerary, rows: Iterable[AccessRow]) -> None:
    """Compare who may come in with who was invited or came, and with which code."""
    people = itinerary.people
    seats: dict[str, AccessRow] = {}
    sessions: set[str] = set()
    for row in rows:
        match row.kind:
            case "seat" | "bot":
                seats[row.label] = row
            case "session":
                if row.label != f":{row.seat}" or row.revoked:
                    raise contradiction(f"access has a session {show(row.label)} that cannot be")
                sessions.add(row.seat or "")
            case "operator" | "requester":
                pass
            case _:
                raise contradiction(f"access has {show(row.label)} of an unknown kind")
    for label, person in people.items():
        kind = "bot" if person.bot else "seat"
        seat = seats.pop(label, None)
        if seat != AccessRow(label, kind, person.issue):
            raise contradiction(f"access has no code of {show(label)} in issue {person.issue}")
    for label, seat in seats.items():
        if seat.kind != "bot" or seat.revoked:
            raise contradiction(f"access has a code of {show(label)}, who is not invited")
    arrived = {label for label, person in people.items() if person.arrived_at is not None}
    if different := sorted(sessions ^ arrived):
        raise contradiction(f"access and the journal differ in whether {show(different[0])} came")


def _compare(itinerary: Itinerary, condition: str, run: RunFile, expected: Sequence[str]) -> None:
    """Compare who worked by the study with the workers of the run.

    The run file may have one more: it is written before the study hears of that.
    """
    joined = [event.worker for _, event in run.events() if isinstance(event, WorkerJoined)]
    workers = Counter([label_of(worker) for worker in joined])
    name = show(run.path.name)
    for label in expected:
        if label not in workers:
            raise contradiction(f"{show(label)} worked in {condition}, but not in {name}")
    plan, people = itinerary.plan, itinerary.people
    for label, times in workers.items():
        person = people.get(label)
        if person is None or person.condition != condition:
            raise contradiction(f"{show(label)} worked in {name}, but is not in {condition}")
        visits = sum(plan.stages[visit.stage].kind == "work" for visit in person.stages)
        if times > visits:
            raise contradiction(f"{show(label)} worked {times} times in {name}, not {visits}")


def _compare_figures(
    itinerary: Itinerary, entries: Sequence[Entry], run: RunFile, entered: Sequence[str]
) -> None:
    """Compare the figures of each end of work with the answers in the run.

    An answer that comes after its assignment has ended may be counted or not: it depends on which
    of the two was first.
    """
    tables = current_tables(run).tables
    in_time: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for answer in tables.answers:
        assignment = tables.assignments[answer.assignment]
        (in_time if assignment.state == "completed" else late)[assignment.worker] += 1
    right_and_asked = tables.checks_by_worker()
    for seq, at, event in entries:
        if not isinstance(event, WorkEnded):
            continue
        person = itinerary.people[event.participant]
        workers = _workers_until(itinerary, person, at)
        joined = [each for each in workers if each in tables.workers]
        if not joined:
            continue
        who = f"the end of work of {show(person.label)} (entry {seq})"
        if person.label not in entered:
            raise contradiction(f"{who} has no beginning")
        fewest = sum(in_time[each] for each in joined)
        most = fewest + sum(late[each] for each in joined)
        if not fewest <= event.records <= most:
            raise contradiction(f"{who} has {count(event.records, 'record')}, the run {fewest}")
        checks = [right_and_asked.get(each, (0, 0)) for each in joined]
        right, asked = (sum(column) for column in zip(*checks, strict=True))
        if (event.checks_right, event.checks_asked) != (right, asked):
            raise contradiction(
                f"{who} has {event.checks_right} of {event.checks_asked} checks right, the run "
                f"{right} of {asked}"
            )


def _workers_until(itinerary: Itinerary, person: Person, at: float) -> list[str]:
    """Return the workers that a participant was up to the end of work at this time."""
    stages = itinerary.plan.stages
    work = [visit for visit in person.stages if stages[visit.stage].kind == "work"]
    ended = next((n for n, visit in enumerate(work, 1) if visit.left_at == at), 0)
    return [worker_id(person.label, number) for number in range(1, ended + 1)]
