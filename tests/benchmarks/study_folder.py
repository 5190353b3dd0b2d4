"""What do the commands on a large study cost? By hand: ``python -m tests.benchmarks.study_folder``.

People without a screen answer at once until all records have their votes. Then each command reads
the folder: CPU seconds from start to exit, imports included.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from clamshell_tui.wire.worker_messages import Answer, RecordDetail, TaskAssigned
from tests.benchmarks.commands import clamshell
from tests.benchmarks.measuring import Bench
from tests.benchmarks.studies import write_study
from tests.coordinator.wire import Talker
from tests.study_acceptance.lab import serving
from tests.study_acceptance.people import Participant

PEOPLE, RECORDS, VOTES, EVERY = 20, 10_000, 5, 20
"""Guests; records of the work in each of two conditions; answers to each; records for a check."""


class QuickParticipant(Participant):
    """Sends each task with the times of its records, but no draft."""

    async def _task(self, talker: Talker, task: TaskAssigned) -> bool:
        self.tasks[task.assignment] = task
        labels = self._labels(task)
        details = [RecordDetail(n / 1e4, (n + 1) / 1e4) for n in range(len(labels))]
        await talker.say(Answer(task.assignment, labels, tuple(details)))
        return False


async def label(folder: Path) -> None:
    """Let all participants work, until the study is over."""
    async with serving(folder, "--port", "0", "--linger", "1", speed=1, bots=0) as server:
        codes = server.codes.seats
        people = [
            QuickParticipant(f"L{n:02}", code, lambda: server.port) for n, code in enumerate(codes)
        ]
        await asyncio.gather(*[each.go() for each in people])
        assert await server.ends() == 0


def measure(bench: Bench, task: int) -> None:
    """Print what each command costs on the folder of a study with tasks of that size."""
    records = RECORDS // 10 if bench.quick else RECORDS
    with TemporaryDirectory(prefix="clamshell-bench-") as name:
        folder = Path(name)
        write_study(
            folder,
            '{ kind = "consent", file = "consent.md" }',
            f'{{ kind = "work", checks_every = {EVERY} }}',
            people=PEOPLE,
            records=records,
            checks=records // EVERY,
            task=task,
            votes=VOTES,
        )
        asyncio.run(label(folder))
        run, out = str(folder / "run"), folder / "out"
        export = clamshell("export", run, "-o", str(out))
        answers = len((out / "answers.csv").read_text().splitlines()) - 1
        click.echo(f"{answers:,} answers of {PEOPLE} people in tasks of {task}")
        bench.figure("export, CPU", export.cpu, "s", 10)
        bench.figure("export, wall", export.wall, "s", 10)
        for command in ("verify", "summary", "pay"):
            bench.figure(f"{command}, CPU", clamshell(command, run).cpu, "s")


@click.command()
@click.option("--tasks", default=10, show_default=True, help="Records of a task.")
@click.option("--quick", is_flag=True, help="A tenth of the answers.")
def main(tasks: int, quick: bool) -> None:
    """Print every figure beside its target."""
    measure(Bench(quick=quick, folder=None), tasks)


if __name__ == "__main__":
    main()
