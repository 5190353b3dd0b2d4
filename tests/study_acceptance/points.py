"""What the specification promises of a study, checked in its files with plain SQL and sums."""

import json
import sqlite3
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil
from pathlib import Path

from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import Arm
from clamshell_tui.study.randomisation import Blocks
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.verify import verify_study
from tests.study_acceptance.lab import (
    BONUS,
    DECLINER,
    FLOOR,
    LARGEST_BLOCK,
    MINIMUM,
    NAMES,
    PEOPLE,
    PER_MINUTE,
    PER_RECORD,
    RECORDS,
    ROUND,
    SECRET,
    SHOW_UP,
    SPAMMER,
    TASK,
)
from tests.study_acceptance.people import Participant

Interval = tuple[float, float]


def conditions(folder: Path) -> dict[str, str]:
    """The conditions of all who have one by now."""
    people = read_study(folder).itinerary.people
    return {label: each.condition for label, each in people.items() if each.condition is not None}


class Points:
    """The seven points, for the study in ``folder / "run"`` after its end."""

    def __init__(self, folder: Path) -> None:
        self.base = folder
        self.folder = folder / "run"
        self.study = read_study(self.folder)
        self.people = self.study.itinerary.people
        names = [arm.name for arm in self.study.meta.plan.conditions]
        self.runs = {name: sqlite3.connect(self.folder / f"{name}.db") for name in names}

    def returned(self, before: Mapping[str, str]) -> None:
        """Who had a condition keeps it."""
        now = conditions(self.folder)
        assert {label: now[label] for label in before} == before

    def all(self, clients: Mapping[str, Participant], secrets: Sequence[str]) -> None:
        for client in clients.values():
            self.nothing_is_lost_or_counted_twice(client)
            self.receipts_are_the_pay(client)
            self.nobody_meets_a_record_twice(client)
        self.files_are_sound()
        self.pay_is_an_independent_sum()
        self.checks_are_new_and_tasks_alike()
        self.conditions_are_balanced()
        self.no_secret_is_kept(secrets)

    # -- 1 ----------------------------------------------------------------------------------------

    def nothing_is_lost_or_counted_twice(self, client: Participant) -> None:
        person = self.people[client.label]
        given = {int(key[32:], 16): labels for key, labels in client.acknowledged.items()}
        stored = self.answers(person)
        assert {key: stored.get(key) for key in given} == given
        assert set(stored) == set(given), "no answer that nobody gave"
        assert person.work.records == sum(map(len, given.values()))
        assert client.label == DECLINER or person.work.records > 0

    def all_of_a_viewer(self, label: str, total: int | None) -> None:
        """Nothing of somebody who labelled all rightly is lost, and the screen said the pay."""
        person = self.people[label]
        run = self.runs[person.condition or ""]
        assert person.outcome == "completed"
        stored = [len(labels) for labels in self.answers(person).values()]
        assert person.work.records == sum(stored) > 0
        assert person.work.checks_right == person.work.checks_asked
        sql = (
            "SELECT external_id, answer.label, truth FROM answer "
            "JOIN assignment ON assignment.id = assignment "
            "JOIN label ON label.record = answer.record WHERE worker = ?"
        )
        wrong = [row for row in run.execute(sql, (label,)) if row[1] != row[2]]
        assert not wrong, (label, wrong)
        assert total == self.owed(label), (label, total)

    def answers(self, person: Person) -> dict[int, tuple[int, ...]]:
        """The labels of a participant, by assignment, in the order shown."""
        run = self.runs.get(person.condition or "")
        if run is None:
            return {}
        classes = self.study.meta.classes
        found: dict[int, tuple[int, ...]] = {}
        for number, records in self._shown(run, person.label).items():
            sql = "SELECT record, label FROM answer WHERE assignment = ?"
            labels = dict(run.execute(sql, (number,)))
            if labels:
                found[number] = tuple([classes.index(labels[record]) for record in records])
        return found

    def _shown(self, run: sqlite3.Connection, label: str) -> dict[int, list[int]]:
        """The records of each assignment, in the order in which they were shown."""
        sql = (
            "SELECT assignment.id, records, record, position FROM assignment "
            "JOIN task ON task.id = task LEFT JOIN extra_record ON assignment = assignment.id "
            "WHERE worker = ? ORDER BY assignment.id"
        )
        found = {}
        for number, records, extra, position in run.execute(sql, (label,)):
            shown = json.loads(records)
            if extra is not None:
                shown.insert(position, extra)
            found[number] = shown
        return found

    # -- 2 ----------------------------------------------------------------------------------------

    def files_are_sound(self) -> None:
        found = verify_study(self.folder)
        assert found.finished
        assert all(run.finished for run in found.runs.values())

    def is_erased(self, label: str) -> None:
        """What a participant wrote is in no file any more, and what others wrote is."""
        everything = self._bytes()
        assert f"{SECRET} {label}".encode() not in everything
        done = [each for each in self.people.values() if each.outcome == "completed"]
        kept = [each for each in done if not each.bot and not each.deleted]
        assert kept
        assert all(f"{SECRET} {each.label}".encode() in everything for each in kept)
        assert any("erased on request" in line for line in verify_study(self.folder).lines())

    # -- 3 ----------------------------------------------------------------------------------------

    def pay_is_an_independent_sum(self) -> None:
        assert {self.people[label].outcome for label in PEOPLE} >= {"completed", "declined"}
        (evictions,) = self.runs["helped"].execute("SELECT COUNT(*) FROM eviction").fetchone()
        assert evictions > 0
        evicted = "SELECT state FROM worker WHERE id = ?"
        assert self.runs["helped"].execute(evicted, (SPAMMER,)).fetchone() == ("evicted",)

    def receipts_are_the_pay(self, client: Participant) -> None:
        assert client.receipt is not None
        assert client.receipt.total_micros == self.owed(client.label)
        if client.over is not None:
            assert client.over.statement.total_micros == client.receipt.total_micros

    def owed(self, label: str) -> int:
        """What a participant is owed in micros, summed from the journals."""
        person = self.people[label]
        away = self._away(label)
        total = SHOW_UP + ceil(self._gate(person, away) * PER_MINUTE / 60 - 1e-6)
        if (run := self.runs.get(person.condition or "")) is not None:
            total += self._work(run, label)
            right, asked = self._checks(run, label)
            total += BONUS if asked and right / asked >= 0.9 else 0
        if person.consented_at is not None:
            assert person.ended_at is not None
            present = _length([(person.consented_at, person.ended_at)], away)
            total = max(total, ceil(FLOOR * present / 3600 - 1e-6), MINIMUM)
        return -(-total // ROUND) * ROUND

    def _gate(self, person: Person, away: list[Interval]) -> float:
        gates = [v for v in person.stages if self.study.meta.plan.stages[v.stage].kind == "gate"]
        return _length([(v.entered_at, v.left_at or v.entered_at) for v in gates], away)

    def _away(self, label: str) -> list[Interval]:
        """When a participant was not here, by the journal of the study."""
        found, since = [], None
        with sqlite3.connect(self.folder / "study.db") as file:
            for at, body in file.execute("SELECT at, body FROM journal ORDER BY seq"):
                event = json.loads(body)
                if event.get("participant") != label:
                    continue
                if event["event"] == "ConnectionLost" and since is None:
                    until = event.get("present_until")
                    since = at if until is None else until
                elif event["event"] == "SeatTaken" and since is not None:
                    found.append((since, at))
                    since = None
        return [*found, *([(since, float("inf"))] if since is not None else [])]

    def _work(self, run: sqlite3.Connection, label: str) -> int:
        """Pay of records by the answers and terminations; of waiting by the rest of the time."""
        row = run.execute("SELECT joined_at, left_at FROM worker WHERE id = ?", (label,)).fetchone()
        if row is None:
            return 0
        absent, shown = self._absent(run, label), self._shown(run, label)
        sql = "SELECT id, state, started_at, ended_at FROM assignment WHERE worker = ?"
        mine, busy = 0, []
        for number, state, since, until in run.execute(sql, (label,)):
            full = PER_RECORD * len(shown[number])
            spent = _length([(since, until)], absent) * PER_MINUTE / 60
            whole = state in ("completed", "terminated") or number in self._answered(run, label)
            mine += full if whole else min(full, ceil(spent))
            busy.append((since, until))
        mine += ceil(_length([(row[0], row[1])], [*busy, *absent]) * PER_MINUTE / 60)
        (theirs,) = run.execute(
            "SELECT COALESCE(SUM(micros), 0) FROM ledger WHERE worker = ?", (label,)
        ).fetchone()
        assert abs(mine - theirs) <= 2 * len(busy) + 20, (label, mine, theirs, "micros")
        return mine

    def _answered(self, run: sqlite3.Connection, label: str) -> set[int]:
        """The assignments that were answered, some of them late."""
        sql = "SELECT assignment FROM answer JOIN assignment ON assignment.id = assignment "
        return {number for (number,) in run.execute(f"{sql} WHERE worker = ?", (label,))}

    def _absent(self, run: sqlite3.Connection, label: str) -> list[Interval]:
        found, since = [], None
        for at, body in run.execute("SELECT at, body FROM journal ORDER BY seq"):
            event = json.loads(body)
            if event.get("worker") != label:
                continue
            if event["event"] == "WorkerDisconnected" and since is None:
                until = event.get("present_until")
                since = at if until is None else until
            elif event["event"] == "WorkerReconnected" and since is not None:
                found.append((since, at))
                since = None
        return [*found, *([(since, 1e12)] if since is not None else [])]

    def _checks(self, run: sqlite3.Connection, label: str) -> tuple[int, int]:
        sql = (
            "SELECT COALESCE(SUM(correct), 0), COUNT(correct) FROM extra_record "
            "JOIN assignment ON assignment.id = assignment WHERE worker = ? AND use = 'check'"
        )
        right, asked = run.execute(sql, (label,)).fetchone()
        person = self.people[label]
        assert (person.work.checks_right, person.work.checks_asked) == (right, asked)
        return right, asked

    # -- 5 ----------------------------------------------------------------------------------------

    def nobody_meets_a_record_twice(self, client: Participant) -> None:
        tasks = [client.tasks[key].records for key in client.acknowledged]
        texts = [*client.known, *(record.text or "" for task in tasks for record in task)]
        twice = [text for text, times in Counter(texts).items() if times > 1]
        assert not twice, f"{client.label} saw these twice: {twice}"

    def checks_are_new_and_tasks_alike(self) -> None:
        asked = 0
        for run in self.runs.values():
            workers = [label for (label,) in run.execute("SELECT id FROM worker")]
            for label in workers:
                shown = list(self._shown(run, label).values())
                extras = run.execute(
                    "SELECT record FROM extra_record JOIN assignment ON assignment.id = assignment "
                    "WHERE worker = ? AND use = 'check'",
                    (label,),
                ).fetchall()
                asked += len(extras)
                assert len(set(extras)) == len(extras), f"{label} met a check twice"
                sizes = [len(records) for records in shown]
                assert all(size == TASK for size in sizes[:-1]), (label, sizes)
                assert sum(sizes) <= RECORDS + TASK
        assert asked >= len(PEOPLE)

    # -- 6 ----------------------------------------------------------------------------------------

    def conditions_are_balanced(self) -> None:
        for stream, bot in (("people/", False), ("bots", True)):
            drawn = [
                each
                for each in self.people.values()
                if each.bot == bot and each.preset is None and each.condition is not None
            ]
            found = Counter(each.condition for each in drawn)
            assert abs(found["helped"] - found["alone"]) <= LARGEST_BLOCK // 2, found
            blocks = Blocks(7, stream, (Arm("helped"), Arm("alone")))
            again = Counter([blocks.next() for _ in drawn])
            assert again == Counter([(each.condition, each.block) for each in drawn])
            assert drawn

    # -- 7 ----------------------------------------------------------------------------------------

    def no_secret_is_kept(self, secrets: Sequence[str]) -> None:
        keys = [file.read_bytes() for file in (self.base / "state").rglob("*") if file.is_file()]
        everything = self._bytes()
        assert min(map(len, secrets)) >= 8
        plain = [each.replace("-", "") for each in secrets]
        for text in (*NAMES, *secrets, *plain):
            for form in (text, text.lower(), text.upper()):
                assert form.encode() not in everything, text
        assert any(len(key) == 32 for key in keys), [len(key) for key in keys]
        for key in filter(None, keys):
            for found in (key, key.strip(), key.hex().encode(), b64encode(key)):
                assert found not in everything

    def _bytes(self) -> bytes:
        return b"\0".join(
            file.read_bytes() for file in sorted(self.folder.rglob("*")) if file.is_file()
        )


def _length(whole: list[Interval], without: list[Interval]) -> float:
    """Seconds of intervals that lie in none of others."""
    points = sorted({point for each in (*whole, *without) for point in each})
    return sum(
        b - a
        for a, b in pairwise(points)
        if any(s <= a and b <= u for s, u in whole)
        and not any(s <= a and b <= u for s, u in without)
    )
