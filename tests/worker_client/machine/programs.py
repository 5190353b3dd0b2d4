"""Small programs that speak the machine protocol, and what a test needs to run one."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from clamshell_tui.wire.parts import Record
from worker_client.machine.labeller import Identity, Labels, Work
from worker_client.machine.program import Program

WORK = Work(("cat", "dog"), "Which animal is it?")
WOOF, MIAOW = Record("1", text="woof", truth=1), Record("2", text="miaow", truth=0)
SECONDS = 20.0  # for a task; a test that waits so long has failed

PRELUDE = """
import json, os, signal, sys, time

def say(**line):
    print(json.dumps(line), flush=True)

def heard():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)

def label(task, **more):
    words = {"woof": "dog", "miaow": "cat"}
    labels = [{"label": words.get(each["text"].split(" ")[-1], "dog")} for each in task["records"]]
    say(type="answer", id=task["id"], labels=labels, **more)

hello = heard()
say(type="ready", source="barks")
"""
OBEDIENT = """
while True:
    task = heard()
    if task["type"] == "task":
        label(task)
"""


def written(folder: Path, text: str, *, prelude: str = PRELUDE) -> list[str]:
    """Write a program; return its command."""
    file = folder / "model.py"
    file.write_text(prelude + text, encoding="utf-8")
    return [sys.executable, "-S", str(file)]


@asynccontextmanager
async def running(
    command: Sequence[str], *, work: Work = WORK, limit: float = SECONDS, restarts: int = 2
) -> AsyncIterator[tuple[Program, list[Identity]]]:
    """Run a program until the block ends, or until it gives up: that raises its error."""
    program = Program(command, timeout=limit, restarts=restarts, start=SECONDS, pause=0.01)
    known: list[Identity] = []
    async with asyncio.timeout(60):
        keeper = asyncio.create_task(program.run(work, known.append))
        try:
            yield program, known
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)


def labels(*given: int | None) -> Labels:
    """Labels without confidence or reason."""
    return Labels(given, (None,) * len(given), ("",) * len(given))
