"""A small study in two conditions, and the coordinator that serves it, to be killed."""

import asyncio
import functools
import os
import random
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from clamshell_tui.wire.invitation import Codes, parse_codes
from tests.coordinator.process import serving as coordinator

PEOPLE = [f"L{number:02}" for number in range(1, 10)]
DECLINER, LEAVER, SPAMMER, ERASED = "L07", "L08", "L09", "L02"
BOTS = 8
WORK, CHECKS = 200, 8
RECORDS, TASK, EVERY = 24, 3, 6
"""Records of a participant at most, in a task, and for each check."""
LARGEST_BLOCK = 6
SECRET = "something that nobody may ever read again"  # of a questionnaire
NAMES = [f"Zebulon{number} Quagmire" for number in range(1, 10)]

SHOW_UP, PER_MINUTE, PER_RECORD = 5_000_000, 60_000, 20_000
FLOOR, MINIMUM, ROUND, BONUS = 12_000_000, 5_500_000, 500_000, 2_000_000
"""Of the payment, in micros."""

STUDY = f"""\
condition = [
  {{ name = "helped", set = ["maintenance.objective=quality", "maintenance.check_every=5"] }},
  {{ name = "alone", set = ["straggler_mitigation.enabled=false"] }}]
stage = [
  {{ kind = "consent", file = "consent.md" }},
  {{ kind = "instructions", file = "codebook.md" }},
  {{ kind = "training" }},
  {{ kind = "qualification", pass_mark = 0.5 }},
  {{ kind = "gate", people = 2, timeout = 600.0, otherwise = "start" }},
  {{ kind = "work", records = {RECORDS}, checks_every = {EVERY}, break_every = 5.0 }},
  {{ kind = "questionnaire", questions = [
    {{ id = "strain", kind = "likert", ask = "How tiring?", steps = 5 }},
    {{ id = "age", kind = "number", ask = "How old are you?", min = 18, max = 99 }},
    {{ id = "sex", kind = "choice", ask = "Which one?", options = ["f", "m", "other"] }},
    {{ id = "more", kind = "text", ask = "Anything else?", optional = true }}] }},
  {{ kind = "debrief", file = "debrief.md" }}]
[study]
name = "pets"
contact = "Dr A. Meyer, lab@example.org"
seed = 7
[participants]
file = "people.csv"
private = ["name"]
grace = 50000.0
[payment]
currency = "EUR"
show_up = {SHOW_UP / 1e6}
hourly_floor = {FLOOR / 1e6}
minimum = {MINIMUM / 1e6}
round_up_to = {ROUND / 1e6}
bonus = [{{ amount = {BONUS / 1e6}, if = "checks.accuracy >= 0.9" }}]
[pay]
per_minute = {PER_MINUTE / 1e6}
per_record = {PER_RECORD / 1e6}
[dataset]
kind = "csv"
path = "pets.csv"
id = "id"
text = "text"
label = "pet"
use = "use"
why = "why"
[tasks]
records_per_task = {TASK}
votes = 2
[learning]
enabled = false
"""


def write_study(folder: Path) -> Path:
    """Write the study into a folder; return its file. All labels are known, as bots need it."""
    (folder / "consent.md").write_text("Do you take part? You are paid 5 EUR at least.")
    (folder / "codebook.md").write_text("Cats meow.\n\n---\n\nDogs bark.\n")
    (folder / "debrief.md").write_text("Thank you.")
    guests = [
        f"{label},{'helped' if label == SPAMMER else ''},{name}"
        for label, name in zip(PEOPLE, NAMES, strict=True)
    ]
    (folder / "people.csv").write_text("\n".join(["label,condition,name", *guests, ""]))
    uses = ["training"] * 2 + ["qualification"] * 2 + ["check"] * CHECKS + ["work"] * WORK
    rng = random.Random(1)
    rows = ["id,text,pet,use,why"]
    for number, use in enumerate(uses):
        dog = number % 2 if use in ("training", "qualification") else rng.randrange(2)
        sound, pet = ("meow", "woof")[dog], ("cat", "dog")[dog]
        why = f"it says {sound}" if use == "training" else ""
        rows.append(f"{use[0]}{number},{sound} {number:03},{pet},{use},{why}")
    (folder / "pets.csv").write_text("\n".join([*rows, ""]))
    file = folder / "pets.toml"
    file.write_text(STUDY)
    return file


def long_story(
    told: Callable[[Path], Coroutine[Any, Any, None]],
) -> Callable[[Path], None]:
    """A test that is a coroutine, and takes minutes on a machine with much else to do."""

    @functools.wraps(told)
    def test(tmp_path: Path) -> None:
        async def within() -> None:
            async with asyncio.timeout(900.0):
                await told(tmp_path)

        asyncio.run(within())

    return test


SERVE = """\
import os, sys
from clamshell_tui.coordinator.study.stage_runner import StageRunner
name, _, label = sys.argv[1].partition(":")
if name:
    usual = getattr(StageRunner, name)
    def die(self, worker, *given):
        if worker == label: os.kill(os.getpid(), 9)
        return usual(self, worker, *given)
    setattr(StageRunner, name, die)
from clamshell_tui.cli import main
sys.exit(main(sys.argv[2:]))
"""
"""Serves a study; kills itself in place of a method of ``StageRunner`` about one participant."""


class Server:
    """``clamshell serve`` as a user runs it."""

    def __init__(self, process: asyncio.subprocess.Process, said: dict[str, list[str]]) -> None:
        self.process = process
        self.said = said

    @property
    def codes(self) -> Codes:
        return parse_codes([f"{word} {rest}" for word in self.said for rest in self.said[word]])

    @property
    def port(self) -> int:
        return int(self.said["listening"][0].split()[1])

    @property
    def secrets(self) -> list[str]:
        """All codes and tokens."""
        kinds = ("seat", "bot", "operator", "requester", "gateway")
        return [each for kind in kinds for line in self.said.get(kind, []) for each in line.split()]

    async def ends(self) -> int:
        return await self.process.wait()


@asynccontextmanager
async def serving(
    folder: Path, *options: str, speed: int, bots: int = BOTS, dies: str = ""
) -> AsyncIterator[Server]:
    """Serve the study in ``folder``; ``dies`` is ``METHOD:LABEL``, such as ``enter:L08``."""
    async with coordinator(
        *(sys.executable, "-c", SERVE, dies, "serve", str(folder / "pets.toml")),
        *("--db", str(folder / "run"), "--headless", "--max-rate", "10000"),
        *("--speed", f"{speed}x", "--bots", str(bots), *options),
        env=environment(folder),
    ) as (process, said):
        yield Server(process, said)


def environment(folder: Path) -> dict[str, str]:
    """Keys and seats of this test lie beside its study."""
    return os.environ | {"XDG_STATE_HOME": str(folder / "state")}


async def command(folder: Path, *words: str) -> tuple[int, str, str]:
    """Run a ``clamshell`` command; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "clamshell_tui.cli", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(folder),
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()
