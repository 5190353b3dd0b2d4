"""Participants who say anything at any time, over raw sockets, while the study is restarted."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from clamshell_tui.coordinator.translate import AssignmentKeys
from clamshell_tui.core.events import AssignmentAnswered
from clamshell_tui.runfile.meta import SECRET
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.study.invariants import check_study
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.verify import verify_study
from tests.coordinator.study.studies import STAGES, running_study, study_options, write_study
from tests.coordinator.wire import patient, story

pytestmark = pytest.mark.slow

EVIL = (
    "=cmd|'x'!A0",
    "\x1b]0;me\x07\x1b[2J",
    "\u202e\u2066",
    "a\x00b",
    "\t=1",
    "[bold]",
    "x" * 900,
)
BROKEN = ("{", "[]", '{"type":"nope"}', '{"type":"consent","number":-1}', "x" * 70_000)
PEOPLE, ROUNDS, SECONDS = 12, 3, 2.0

Json = dict[str, Any]


class Monkey:
    """One participant: mostly does what is asked, and anything else in between.

    ``keys`` are the assignments that all monkeys have seen, ``answered`` those acknowledged as new.
    """

    def __init__(self, code: str, random: Random, keys: list[str], answered: list[str]) -> None:
        self.code, self.random, self.keys, self.answered = code, random, keys, answered
        self.sent: list[str] = []
        self.task: Json | None = None
        self.stage: Json = {"number": 1, "shown": {"kind": "consent"}}

    async def live(self, port: int) -> None:
        """Talk to a coordinator, on one connection after the other, until it is gone."""
        while True:
            try:
                async with connect(f"ws://127.0.0.1:{port}", ping_interval=None) as socket:
                    hello = {"type": "hello", "protocol": 3, "role": "worker", "client": EVIL[1]}
                    for each in (hello, {"type": "join", "code": self.code}):
                        await socket.send(json.dumps(each))
                    while self.random.random() > 0.01:
                        await self._hear(socket)
                        await self._say(socket)
            except ConnectionClosed:
                continue
            except OSError:
                return

    async def _hear(self, socket: ClientConnection) -> None:
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(0.005):
                    message = json.loads(await socket.recv())
                match message["type"]:
                    case "stage":
                        self.stage = message
                    case "acknowledged":
                        if message["outcome"] in ("counted", "late"):
                            self.answered.append(message["assignment"])
                        self._take(message.get("next"))
                    case "task":
                        self._take(message)

    def _take(self, task: Json | None) -> None:
        self.task = task
        if task is not None:
            self.keys.append(task["assignment"])

    async def _say(self, socket: ClientConnection) -> None:
        random, number = self.random, self.random.randrange(8)
        anything: list[Json] = [
            {"type": "answer", "assignment": random.choice(self.keys or ["x"]), "labels": [0, 1]},
            {"type": "consent", "number": number, "agreed": random.random() < 0.9},
            {"type": "read", "number": number, "page": random.randrange(3)},
            {"type": "try", "number": number, "record": random.randrange(4), "label": number},
            {"type": "typed", "number": number, "answer": {"id": "more", "value": EVIL[1]}},
            {"type": "answers", "number": number, "answers": [{"id": "strain", "value": 9}]},
            *({"type": each} for each in ("go-on", "leave-gate", "begin", "leave", "stay")),
            {"type": "skip", "assignment": random.choice(self.keys or ["x"]), "reason": EVIL[0]},
            {"type": "notices-seen", "count": 99},
        ]
        what = random.random()
        if what < 0.003:
            frame = json.dumps({"type": "withdraw", "delete": random.random() < 0.5})
        elif what < 0.01:
            frame = random.choice(BROKEN)
        elif what < 0.1 and self.sent:
            frame = random.choice(self.sent)
        else:
            frame = json.dumps(random.choice(anything) if what < 0.3 else self._right())
        self.sent.append(frame)
        await socket.send(frame)

    def _right(self) -> Json:
        """What a client would say now, with texts that no client would."""
        shown, about = self.stage["shown"], {"number": self.stage["number"]}
        if self.task is not None:
            labels = [int("woof" in (each.get("text") or "")) for each in self.task["records"]]
            details = [{"shown": 0.1, "answered": 0.2, "comment": self.random.choice(EVIL)}]
            answer = {"type": "answer", "assignment": self.task["assignment"], "labels": labels}
            return answer | {"details": details * len(labels)}
        match shown["kind"]:
            case "consent":
                return about | {"type": "consent", "agreed": True}
            case "instructions":
                return about | {"type": "read", "page": shown.get("read", 0)}
            case "records":
                record = min(shown.get("answered", 0), len(shown["records"]) - 1)
                right = int("woof" in shown["records"][record]["text"])
                return about | {"type": "try", "record": record, "label": right}
            case "questionnaire":
                values = {"strain": 3, "more": self.random.choice(EVIL)}
                given = [{"id": name, "value": value} for name, value in values.items()]
                return about | {"type": "answers", "answers": given}
        return {"type": "heartbeat"}


@story
async def test_nothing_is_lost_or_counted_twice_whatever_participants_say(tmp_path: Path) -> None:
    file = write_study(tmp_path, STAGES.replace("records = 4", "records = 8"), people=PEOPLE)
    file.write_text(file.read_text().replace("tasks.records_per_task=1", "tasks.votes=2"))
    limits = patient(per_second=10_000.0, burst=10_000.0)
    options = study_options(tmp_path, file, speed=5.0, limits=limits, linger=60.0)
    keys: list[str] = []
    answered: list[str] = []
    monkeys: list[Monkey] = []
    for _ in range(ROUNDS):
        async with running_study(options) as place, asyncio.TaskGroup() as group:
            codes = place.secrets["seat"]
            monkeys = monkeys or [Monkey(c, Random(c), keys, answered) for c in codes]
            talking = [group.create_task(each.live(place.port)) for each in monkeys]
            await asyncio.sleep(SECONDS)
            for each in talking:
                each.cancel()
    study = read_study(tmp_path / "run")
    verify_study(tmp_path / "run")
    check_study(study.itinerary)
    kept: set[str] = set()
    for arm in study.meta.plan.conditions:
        with open_run(study.run_file(arm.name)) as run:
            key = AssignmentKeys(bytes.fromhex(run.meta[SECRET])).key
            answers = [event for _, event in run.events() if isinstance(event, AssignmentAnswered)]
            kept.update(key(answer.assignment) for answer in answers)
    assert len(answered) > PEOPLE
    assert len(answered) == len(set(answered)), "none counts twice"
    assert set(answered) <= kept, "none is lost"
