"""What do whole commands cost? By hand: ``python -m tests.benchmarks.commands [SECTION ...]``.

CPU seconds of a process and its children, from start to exit, imports included. Each command stands
beside another one that does less: a run that keeps no file, ``verify``, a bare interpreter.
"""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import click

from tests.benchmarks.measuring import Bench, cpu_of_descendants

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENTS = 40_000
SCENARIO = """\
dataset = {{kind = "generated", records = {records}, features = 2}}
learning.enabled = false
pool.size = 50
tasks.records_per_task = 5
"""


class Spent(NamedTuple):
    """Seconds of a whole command, on the wall and of CPU."""

    wall: float
    cpu: float


def spent(*arguments: str) -> Spent:
    """Run ``python ARGUMENTS`` to its end; a failed expectation is no failure here."""
    before = cpu_of_descendants()
    began = perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip()}")
    wall = perf_counter() - began
    return Spent(wall, cpu_of_descendants() - before)


def clamshell(*arguments: str) -> Spent:
    return spent("-m", "clamshell_tui.cli", *arguments)


def files(bench: Bench) -> None:
    """Keep a run in a file, and read it again."""
    assignments = ASSIGNMENTS // 10 if bench.quick else ASSIGNMENTS
    with TemporaryDirectory(prefix="clamshell-bench-") as name:
        folder = Path(name)
        scenario, kept = str(folder / "many.toml"), folder / "many.db"
        Path(scenario).write_text(SCENARIO.format(records=5 * assignments))
        bare = clamshell("run", scenario)
        whole = clamshell("run", scenario, "--out", str(kept))
        with closing(sqlite3.connect(kept)) as run:
            ((made,),) = run.execute("SELECT COUNT(*) FROM assignment")
        click.echo(f"{made:,} assignments of five labels")
        bench.figure("run, CPU", bare.cpu, "s")
        bench.figure("run --out, CPU, of run", whole.cpu / bare.cpu, "times", 1.3)
        bench.figure("file, an assignment", kept.stat().st_size / made, "bytes", 600)
        verify = clamshell("verify", str(kept)).cpu
        bench.figure("verify, CPU", verify, "s")
        page, table = str(folder / "r.html"), str(folder / "w.csv")
        for command in (("trace", "--out", table), ("report", "--out", page)):
            cpu = clamshell(command[0], str(kept), *command[1:]).cpu
            bench.figure(f"{command[0]}, CPU, of verify", cpu / verify, "times", 1.3)


def runner(bench: Bench) -> None:
    """``clamshell test`` in virtual time."""
    paths = ["scenarios/quickstart.toml"] if bench.quick else ["scenarios"]
    took = clamshell("test", *paths, "--seeds", "20")
    click.echo(f"clamshell test {paths[0]} --seeds 20")
    bench.figure("CPU of all processes", took.cpu, "s", None if bench.quick else 45)
    bench.figure("wall", took.wall, "s")


def startup(bench: Bench) -> None:
    """From the command to its first words, beside a bare interpreter."""
    count = 3 if bench.quick else 9
    commands = {
        "python -c pass": ("-c", "pass"),
        "import textual.app": ("-c", "import textual.app"),
        "clamshell --version": ("-m", "clamshell_tui.cli", "--version"),
        "clamshell --help": ("-m", "clamshell_tui.cli", "--help"),
        "clamshell settings": ("-m", "clamshell_tui.cli", "settings"),
        "clamshell-worker --help": ("-m", "worker_client", "--help"),
    }
    for name, arguments in commands.items():
        found = [spent(*arguments) for _ in range(count)]
        cpu = median(each.cpu for each in found)
        bench.figure(f"{name}: CPU, median of {count}", 1000 * cpu, "ms")


SECTIONS = {section.__name__: section for section in (files, runner, startup)}


@click.command()
@click.argument("sections", metavar="[SECTION ...]", nargs=-1, type=click.Choice(list(SECTIONS)))
@click.option("--quick", is_flag=True, help="Smaller: a look, not a verdict.")
def main(sections: tuple[str, ...], quick: bool) -> None:
    """Print every figure beside its target."""
    bench = Bench(quick=quick, folder=None)
    for name in sections or SECTIONS:
        SECTIONS[name](bench)
        click.echo()


if __name__ == "__main__":
    main()
