"""One page with every benchmark: ``python -m tests.benchmarks report``.

Each section is a command of its own, and a section that has a peer runs it beside ours, in the same
minutes on the same machine. The page says when that was, with which versions, and how busy the
machine was before and after each section. A section that fails is reported as failed. Sections can
be named, and are then replaced in the page; the others stay.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from textwrap import fill
from time import perf_counter
from typing import NamedTuple

import click

from clamshell_tui.cli.help import HANDBOOK

PAGE = HANDBOOK / "speed.md"
NOTES = Path(__file__).with_name("notes.md")
"""The end of the page: what was tried, and limits that no benchmark shows."""
WIDTH = 100
LONGEST = 900.0  # seconds of a section
PACKAGES = ("clamshell-tui", "simpy", "websockets", "textual", "msgspec", "numpy", "scikit-learn")
_FULL, _QUICK = (), ("--quick",)


class Section(NamedTuple):
    """A command of ``tests.benchmarks``, with its arguments and those of a quick look."""

    title: str
    peer: str
    about: str
    module: str
    arguments: tuple[str, ...] = ()
    full: tuple[str, ...] = _FULL
    quick: tuple[str, ...] = _QUICK


SECTIONS = {
    "engine": Section(
        "Engine",
        "a bare SimPy model; and a SimPy model of the same policies",
        "Assignments a second in one process, the best of interleaved rounds of CPU time. The "
        "first table has the paper's barrier and unlimited duplicates, as the bare model does, "
        "which has no pay, maintenance, votes or records.",
        "engine",
        quick=("--rounds", "1", "--count", "4000"),
    ),
    "files": Section(
        "Run file and its readers",
        "the same run without a file; `verify`",
        "CPU of whole commands, imports included.",
        "commands",
        ("files",),
    ),
    "study": Section(
        "Commands on a study",
        "none",
        "CPU of whole commands on the folder of a study of 100,000 answers, imports included.",
        "study_folder",
    ),
    "runner": Section(
        "Test runner",
        "none",
        "All scenarios in virtual time with 20 seeds.",
        "commands",
        ("runner",),
    ),
    "sweep": Section(
        "Sweep on two cores",
        "the same sweep on one",
        "200 cells. On a busy machine the CPU time is what counts.",
        "sweep",
        full=("--seeds", "5", "--rounds", "1"),
        quick=("--seeds", "1", "--rounds", "1"),
    ),
    "loop": Section(
        "Closed loop",
        "a bare `websockets` echo; an echo that commits to SQLite",
        "Every connection answers at once. The coordinator keeps each answer before it is "
        "acknowledged.",
        "coordinator",
        ("loop",),
    ),
    "pace": Section(
        "People: 20, and 1,000",
        "oTree in the next section",
        "Each thinks for 2 to 6 s about a task; the clients share the cores.",
        "coordinator",
        ("pace", "thousand"),
    ),
    "otree": Section(
        "20 people beside oTree",
        "oTree's production server, a page per record",
        "The same people, thinking as long; from an answer to the next record.",
        "otree_pace",
    ),
    "joining": Section(
        "Joining",
        "the first quarter of the crowd",
        "The coordinator's CPU per join with more and more people present.",
        "coordinator",
        ("joining",),
    ),
    "slow": Section(
        "A disk with slow fsync",
        "one commit per answer",
        "Each fsync takes 10 ms longer.",
        "coordinator",
        ("slow",),
    ),
    "decision": Section(
        "Decision latency",
        "modAL, if an environment with it is named by `--modal-python`",
        "Retrain on ten more labels and choose ten of the records, on one BLAS thread.",
        "decision",
        quick=("--records", "6000", "--features", "100", "--rounds", "3"),
    ),
    "screen": Section(
        "Operator's screen",
        "the same run without a screen",
        "Loading, seeking and drawing, and what a screen costs the coordinator.",
        "operator_screen",
    ),
    "terminal": Section(
        "Participant's terminal",
        "none",
        "From a key to the next record, in a pseudo-terminal.",
        "coordinator",
        ("terminal",),
    ),
    "doors": Section(
        "Seats behind ssh and web",
        "the same seats while strangers flood the gateways",
        "A study of two conditions. Half of the seats by ssh, half in browser tabs; from a key to "
        "the screen.",
        "doors",
        quick=("--seats", "4", "--seconds", "5"),
    ),
    "startup": Section(
        "Start-up",
        "a bare interpreter, and `import textual.app`",
        "CPU from the command to its end.",
        "commands",
        ("startup",),
    ),
}


def today() -> date:
    return datetime.now(UTC).date()  # noqa: TID251  # the page says when it was written


def load() -> str:
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


def measured(section: Section, extra: tuple[str, ...], *, quick: bool) -> str:
    """Run a section; return its part of the page."""
    sized = section.quick if quick else section.full
    arguments = (*section.arguments, *sized, *extra)
    before, began = load(), perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{section.module}", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        printed, failed = done.stdout.rstrip(), done.returncode != 0
        why = done.stderr.strip().rpartition("\n")[2] if failed else ""
    except subprocess.TimeoutExpired as error:
        printed = error.stdout.decode() if isinstance(error.stdout, bytes) else ""
        failed, why = True, f"not done after {LONGEST:.0f} s"
    shown = " ".join([*section.arguments, *sized, *extra[:1], *("PYTHON" for _ in extra[1:])])
    lines = [
        f"## {section.title}",
        "",
        fill(f"{section.about} Beside it: {section.peer}.", WIDTH),
        "",
        f"`python -m tests.benchmarks.{section.module} {shown}`".replace(" `", "`"),
        f"({today()}, {perf_counter() - began:.0f} s; load {before}, then {load()})",
        *(["", f"**Failed:** {why}"] if failed else []),
        "",
        "```text",
        printed.strip("\n"),
        "```",
    ]
    return "\n".join(lines)


def heading() -> str:
    return "\n".join(
        [
            "# Speed: benchmarks and their results",
            "",
            fill(
                f"Written by `python -m tests.benchmarks report` on {today()}. Both sides of a "
                "section ran in the same minutes on the same machine; compare those, and no "
                "figures of different sections. A section with `--quick` is a look at small sizes. "
                "A line with `MISSED` names its target.",
                WIDTH,
            ),
            "",
            "| | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in _machine()),
        ]
    )


def _machine() -> Iterator[tuple[str, str]]:
    yield "machine", f"{_processor()}, {os.cpu_count()} cores, {_memory()} GB"
    yield "system", f"{platform.system()} {platform.release()}"
    yield "Python", platform.python_version()
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"
    yield "load at the start", f"{load()} (1, 5, 15 min)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


@click.group()
def main() -> None:
    """Benchmarks; each is also a command of its own, see the page."""


@main.command()
@click.argument("sections", metavar="[SECTION ...]", nargs=-1, type=click.Choice(list(SECTIONS)))
@click.option("--quick", is_flag=True, help="Small sizes: a look at whether all of it runs.")
@click.option("--modal-python", help="The python of an environment with modAL, for 'decision'.")
@click.option("--otree-python", help="The python of an environment with oTree, for 'otree'.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=PAGE,
    show_default="the handbook's page",
    help="Where the page goes.",
)
def report(
    *,
    sections: tuple[str, ...],
    quick: bool,
    modal_python: str | None,
    otree_python: str | None,
    out: Path,
) -> None:
    """Run every benchmark and write one page."""
    peers = {
        "decision": ("--modal-python", modal_python),
        "otree": ("--otree-python", otree_python),
    }
    parts = _kept(out) if sections else {}
    for name in sections or SECTIONS:
        option, python = peers.get(name, ("", None))
        if name == "otree" and python is None:
            part = (
                f"## {SECTIONS[name].title}\n\nNot measured: no environment with oTree was named."
            )
        else:
            click.echo(name, err=True)
            extra = (option, python) if python is not None else ()
            part = measured(SECTIONS[name], extra, quick=quick)
        parts[name] = part
        ordered = [parts[each] for each in SECTIONS if each in parts]
        page = [heading(), *ordered, NOTES.read_text(encoding="utf-8").strip()]
        out.write_text("\n\n".join(page) + "\n", encoding="utf-8")  # all of them take half an hour
    click.echo(f"written: {out}", err=True)


def _kept(page: Path) -> dict[str, str]:
    """Return the sections of a page written before, by name."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    names = {section.title: name for name, section in SECTIONS.items()}
    found = {part.partition("\n")[0]: f"## {part.strip()}" for part in text.split("\n## ")}
    return {names[title]: part for title, part in found.items() if title in names}


if __name__ == "__main__":
    main()
