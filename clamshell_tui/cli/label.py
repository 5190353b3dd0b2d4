"""``clamshell label``: records from stdin, labels to stdout as they complete."""

import asyncio
import csv
import math
import sys
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click
import msgspec

from clamshell_tui.cli.options import path_option, settings_option
from clamshell_tui.cli.stopping import stop_tidily
from clamshell_tui.cli.wire_records import Columns, RecordMaker, stdin_config, stdin_lines
from clamshell_tui.client import AsyncRequester, NewRecord
from clamshell_tui.coordinator.child import ChildCoordinator, run_to_end
from clamshell_tui.core.config import (
    LearningConfig,
    MaintenanceConfig,
    PoolConfig,
    QualificationConfig,
    TasksConfig,
)
from clamshell_tui.datasets.checks import SourceLine, check_classes
from clamshell_tui.datasets.config import WireConfig
from clamshell_tui.datasets.rows import JsonLines
from clamshell_tui.datasets.values import matching
from clamshell_tui.errors import ClamshellError, DatasetError, InputError, did_you_mean
from clamshell_tui.formats import count
from clamshell_tui.number_range import SpeedRange
from clamshell_tui.scenario.config import RequesterConfig, Scenario
from clamshell_tui.text import show

_EPILOG = """\b
Examples:
  clamshell label --classes pos,neg,neutral < tweets.jsonl > labels.jsonl
  clamshell label --classes spam,ham --workers 3 --votes 2 < mails.jsonl > labels.jsonl
  clamshell label --classes a,b --bots 6 --speed 20 < known.jsonl | jq -r .label
"""
_MESSAGES = 20.0  # per second of the run, of one bot
_GLANCE = 0.2  # seconds to wait for a first line that is being written
_AHEAD = 500  # records of stdin that wait for submission
_REPORTED = 10  # bad lines, each with its fault


class Job(NamedTuple):
    """The options of the command. ``speed`` is in seconds of the run per second."""

    classes: tuple[str, ...]
    id_field: str | None
    text_field: str
    workers: int
    bots: int
    bot: str
    speed: float
    votes: int
    per_task: int
    seed: int
    keep: Path | None
    strict: bool
    settings: tuple[str, ...]


@click.command(epilog=_EPILOG)
@click.option(
    "--classes",
    metavar="A,B,...",
    required=True,
    help="Class names, comma-separated; quote names with a comma.",
)
@click.option("--id", "id_field", metavar="FIELD", help="The field of ids. Default: row numbers.")
@click.option(
    "--text", metavar="FIELD", default="text", show_default=True, help="The field to show."
)
@click.option(
    "--workers", metavar="N", type=click.IntRange(0, 200), help="Seats for people. Default: 1."
)
@click.option(
    "--bots",
    metavar="N",
    type=click.IntRange(0, 200),
    default=0,
    help="Simulated workers; each record then carries its answer in the field label.",
)
@click.option(
    "--bot",
    metavar="NAME",
    default="fast-local",
    show_default=True,
    help="Behaviour or population of the bots.",
)
@click.option(
    "--speed",
    metavar="X",
    type=SpeedRange(),
    default=1.0,
    help="Let bots work X times as fast.",
)
@click.option(
    "--votes", metavar="N", type=click.IntRange(1, 99), default=1, help="Answers per record."
)
@click.option(
    "--per-task", metavar="N", type=click.IntRange(1, 100), default=1, help="Records per task."
)
@click.option("--seed", metavar="N", type=click.IntRange(0, 2**53), default=1, help="Of the bots.")
@path_option("--keep", help="Keep the run in this file.")
@click.option("--strict", is_flag=True, help="End at the first bad line, not with the others.")
@settings_option
def command(
    classes: str,
    id_field: str | None,
    text: str,
    workers: int | None,
    bots: int,
    bot: str,
    speed: float,
    votes: int,
    per_task: int,
    seed: int,
    keep: Path | None,
    strict: bool,
    settings: tuple[str, ...],
) -> int:
    """Label records from a pipe with a crowd.

    Reads JSONL from stdin, and prints a JSON object on stdout for each label as it completes.
    Starts a coordinator on this machine, and prints on stderr how people join. A bad line is
    reported and left out; with --strict it is the last one to be read, and the exit code is 2.
    Ends when all records are labelled: exit code 0, or 1 if lines were left out, or records set
    aside because too many workers failed on them.
    """
    stop_tidily()
    parts = next(csv.reader([classes], skipinitialspace=True), [])
    names = check_classes([name.strip() for name in parts], "--classes")
    people = (0 if bots else 1) if workers is None else workers
    if people + bots == 0:
        raise InputError("no workers: --workers 0 and no --bots. Set one of them")
    job = Job(
        names,
        id_field,
        text,
        people,
        bots,
        bot,
        speed,
        votes,
        per_task,
        seed,
        keep,
        strict,
        settings,
    )
    return run_to_end(label(job))


async def label(job: Job) -> int:
    """Run the coordinator and pass records and labels; return the exit code."""
    source = _Source(job)
    await source.glance()  # a bad first line should not cost the start of a coordinator
    with TemporaryDirectory(prefix="clamshell-") as folder:
        run_file = job.keep or Path(folder) / "run.db"
        options = ["--port", "0", "--speed", f"{job.speed:g}"]
        options += ["--max-rate", f"{_MESSAGES * max(1.0, job.speed):g}"]
        options += ["--seats", str(job.workers), "--bot-seats", str(job.bots)]
        with ChildCoordinator(_scenario(job), run_file, *options) as child:
            codes = await child.codes()
            _invite([codes.join(code) for code in codes.seats])
            async with (
                await AsyncRequester.connect(codes.address, codes.requester) as requester,
                asyncio.TaskGroup() as group,
            ):
                bots = group.create_task(_bots(job, [codes.join(code) for code in codes.bots]))
                submitting = group.create_task(_submit(requester, source))
                printed = await _print(requester)
                submitted = await submitting
                bots.cancel()
            child.check()
    source.say_left_out()
    source.check()
    if printed < submitted:
        missing = f"{submitted - printed} of {submitted} records were set aside without a label"
        click.echo(f"clamshell: {missing}: too many workers failed on them", err=True)
        return 1
    return 1 if source.left_out else 0


def _scenario(job: Job) -> Scenario:
    """Return a scenario without model, qualification and eviction."""
    return Scenario(
        name="label",
        seed=job.seed,
        dataset=WireConfig(classes=job.classes),
        requester=RequesterConfig(gold=0),
        pool=PoolConfig(size=job.workers + job.bots, reserve=0, start_with=0.0),
        qualification=QualificationConfig(enabled=False),
        tasks=TasksConfig(records_per_task=job.per_task, votes=job.votes),
        maintenance=MaintenanceConfig(threshold=math.inf),
        learning=LearningConfig(enabled=False),
    )


def _invite(joins: list[str]) -> None:
    for join in joins:
        click.echo(f"join with:  clamshell-worker {join}", err=True)


async def _bots(job: Job, joins: list[str]) -> None:
    """Run the bots until the run is over. ClamshellError if they leave it without any worker.

    Bots do not abandon tasks, since no others take their seats.
    """
    from worker_client.bot import RUN_OVER
    from worker_client.crowd_of_bots import crowd_named, run

    if not joins:
        return
    crowd = msgspec.structs.replace(crowd_named(job.bot), abandonment=0.0)
    fates = await run(joins, crowd, seed=job.seed)
    reasons = {fate.reason for fate in fates}
    if not job.workers and RUN_OVER not in reasons:
        raise ClamshellError(f"every bot has gone before the work was done ({', '.join(reasons)})")


async def _submit(requester: AsyncRequester, source: "_Source") -> int:
    """Submit the records of stdin as they arrive; return their number."""
    submitted = 0
    while records := await source.handful():
        submitted += await requester.submit(records)
    await requester.submit([], last=True)
    return submitted


async def _print(requester: AsyncRequester) -> int:
    """Print labels as they complete; return their number."""
    printed = 0
    async for label in requester.labels(follow=True):
        said = {"id": label.id, "label": label.label, "support": label.support}
        sys.stdout.write(msgspec.json.encode(said).decode() + "\n")
        sys.stdout.flush()
        printed += 1
    return printed


class _Source:
    """Records of stdin, read by a thread so that a silent stdin does not block the event loop.

    The thread is a daemon, because a blocking read cannot be interrupted. ``left_out`` counts the
    bad lines.
    """

    def __init__(self, job: Job) -> None:
        truth = "label" if job.bots else None
        columns = Columns(job.id_field, job.text_field, truth=truth)
        config = stdin_config(columns, job.settings)
        na = config.na if config.na is not None else set(columns.na) - set(job.classes)
        self.left_out = 0
        self._strict = job.strict
        self._truth = truth
        self._classes = job.classes
        self._lines = JsonLines("stdin", config.max_field, truth)
        self._maker = RecordMaker(columns._replace(na=tuple(na)), "stdin")
        self._fault: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[NewRecord | None] = asyncio.Queue(_AHEAD)
        self._first: list[NewRecord | None] = []  # the record, or the end, found by glance()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    async def glance(self) -> None:
        """Raise the error of the first line, if it has arrived and is bad."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GLANCE):
                self._first = [await self._queue.get()]
        if self._first == [None]:
            self.check()

    def check(self) -> None:
        """Raise the error that ended the reading, if any; what came before it is submitted."""
        if self._fault is not None:
            raise self._fault

    async def handful(self) -> list[NewRecord]:
        """Wait for records; return those that have arrived, or none at the end."""
        records: list[NewRecord] = []
        while not records or not self._queue.empty():
            item = self._first.pop() if self._first else await self._queue.get()
            if item is None:
                self._queue.put_nowait(None)  # the end stays the end
                break
            records.append(item)
        return records

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            try:
                for number, raw in enumerate(stdin_lines(), 1):
                    self._read_line(raw, number)
            except Exception as error:  # raised again by check()
                self._fault = error
            self._put(None)

    def _read_line(self, raw: bytes, number: int) -> None:
        """Put the record of a line; raise the fault of a bad one if it ends the reading."""
        try:
            record = self._record(raw, number)
        except DatasetError as error:
            if self._strict or number == 1:
                raise
            self._report(error)
        else:
            if record is not None:
                self._put(record)

    def _record(self, raw: bytes, number: int) -> NewRecord | None:
        """Return the record of a line, or None for an empty one; DatasetError for a bad one."""
        try:
            row = self._lines.decoded(raw, number)
        except DatasetError:
            self._maker.pass_over()
            raise
        if row is None:
            return None
        record = self._maker.record(row)
        if record is None:
            raise SourceLine("stdin", number).error("no text to label")
        if record.truth is not None:
            truth = matching(record.truth, self._classes)
            record = msgspec.structs.replace(record, truth=truth)
        self._check_truth(record, number)
        return record

    def say_left_out(self) -> None:
        for note in [*self._lines.notes, *self._maker.doubts]:
            click.echo(f"clamshell: {note}", err=True)
        if self.left_out:
            lines = count(self.left_out, "bad line")
            click.echo(f"clamshell: {lines} left out", err=True)

    def _report(self, error: DatasetError) -> None:
        self.left_out += 1
        if self.left_out <= _REPORTED:
            click.echo(f"clamshell: left out: {error}", err=True)

    def _put(self, item: NewRecord | None) -> None:
        asyncio.run_coroutine_threadsafe(self._queue.put(item), self._loop).result()

    def _check_truth(self, record: NewRecord, number: int) -> None:
        """Check that a bot can answer."""
        if self._truth is None or record.truth in self._classes:
            return
        place = SourceLine("stdin", number)
        if record.truth is None:
            raise place.error(
                f'record "{show(record.id)}" has no label, and bots need the right answer to be '
                "right or wrong about. Add the field label, or label it by hand: --workers 1"
            )
        raise place.error(
            f'label "{show(record.truth)}" is not one of {", ".join(self._classes)}'
            f"{did_you_mean(record.truth, self._classes)}"
        )
