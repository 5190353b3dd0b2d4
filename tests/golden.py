"""Safety net for changes that must not change results: hashes of the program's outputs.

Run by hand, before a change and after it::

    python -m tests.golden record golden.json
    python -m tests.golden compare golden.json     # exit code 1 and a list if anything differs

It records the rows of every table of eight run files, a sweep, four of the paper's tables and the
results of the built-in scenarios in virtual time, so journals, readers and experiments are covered.
Versions, times of day and durations are left out. It takes some three minutes on two cores.
"""

import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = (
    "quickstart",
    "slow-pool",
    "stragglers",
    "spammers",
    "late-answers",
    "coupled-votes",
    "preempting-eviction",
    "hybrid-learning",
)
SWEEP = ("quickstart", "--vary", "pool.size=5,10", "--seeds", "3")
TABLES = ("T-SM", "T-PM", "T-QC", "T-TERM")
# Rows of `meta` and keys of results that differ although the run does not: times, versions, and the
# scenario with all its settings, which grows with each new one (and the digest over `meta`).
VOLATILE = re.compile(
    r"version|created|elapsed|^seconds$|wall|timestamp|command|stamp|scenario_toml|seal_meta",
    re.IGNORECASE,
)


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def _clamshell(folder: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "clamshell_tui.cli", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in codes:
        raise click.ClickException(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def _runs(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield a hash per table of each run file, and of its summary."""
    for name in SCENARIOS:
        _clamshell(folder, "run", name, "--seed", "4", "--out", f"{name}.db", "--no-progress")
        with closing(sqlite3.connect(folder / f"{name}.db")) as file:
            names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            for (table,) in file.execute(names).fetchall():
                rows = file.execute(f'SELECT * FROM "{table}"').fetchall()
                if table == "meta":
                    rows = [row for row in rows if not VOLATILE.search(str(row[0]))]
                yield f"run {name}: {table}", _digest(rows)
        summary = json.loads(_clamshell(folder, "summary", f"{name}.db", "--json"))
        yield f"run {name}: summary --json", _digest(_lasting(summary))


def _sweep(folder: Path) -> Iterator[tuple[str, str]]:
    out = ("--out", "runs.csv", "--means", "means.csv", "--jobs", "1", "--no-progress")
    options = out if "--no-progress" in _clamshell(folder, "sweep", "--help") else out[:-1]
    _clamshell(folder, "sweep", *SWEEP, *options)
    for name in ("runs.csv", "means.csv"):
        yield f"sweep: {name}", _digest((folder / name).read_text())


def _tables(folder: Path) -> Iterator[tuple[str, str]]:
    _clamshell(folder, "paper", *TABLES, "--seeds", "3", "--out", "tables", "--no-plot")
    for path in sorted((folder / "tables").iterdir()):
        if path.suffix in (".png", ".svg"):
            continue  # drawn only where matplotlib is installed
        lines = path.read_text(encoding="utf-8").splitlines()
        yield f"paper: {path.name}", _digest([line for line in lines if not VOLATILE.search(line)])


def _tests(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield a hash of each scenario's results; scenarios with steps depend on the wall clock."""
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")  # the results name the files
    scenarios = [
        str(path.relative_to(folder))
        for path in sorted((folder / "scenarios").glob("*.toml"))
        if "[[step]]" not in path.read_text(encoding="utf-8")
    ]
    out = ("--seeds", "3", "--json", "results.json")
    _clamshell(folder, "test", *scenarios, *out, codes=(0, 1))
    text = (folder / "results.json").read_text(encoding="utf-8")
    results = json.loads(text.replace(f"{ROOT}/", ""))  # equal in every tree
    for each in results["scenarios"] if isinstance(results, dict) else results:
        yield (
            f"test: {Path(str(each.get('scenario', each.get('name')))).name}",
            _digest(_lasting(_judged(each))),
        )


def _judged(scenario: Any) -> Any:
    """Keep what a report said of a scenario from the first, so that former records still serve."""
    kept = {key: scenario[key] for key in ("name", "file", "passed", "seeds", "died")}
    words = ("expected", "because", "passed", "held", "required", "got", "replay")
    expectations = [{key: each[key] for key in words} for each in scenario["expectations"]]
    return {**kept, "expectations": expectations}


def _lasting(value: Any) -> Any:
    """Leave out keys that say when, how long or by which version."""
    if isinstance(value, dict):
        return {k: _lasting(v) for k, v in value.items() if not VOLATILE.search(k)}
    return [_lasting(each) for each in value] if isinstance(value, list) else value


def hashes() -> dict[str, str]:
    """Run everything; return a hash by name of output."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        for part in (_runs, _sweep, _tables, _tests):
            found |= dict(part(Path(name)))
            click.echo(f"{part.__name__.strip('_')}: done", err=True)
    return found


@click.command()
@click.argument("mode", type=click.Choice(["record", "compare"]))
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def main(mode: str, path: Path) -> None:
    """Record the hashes in a file, or compare with those that were recorded there."""
    if mode == "record":
        path.write_text(json.dumps(hashes(), indent=1) + "\n", encoding="utf-8")
        return
    before, now = json.loads(path.read_text(encoding="utf-8")), hashes()
    differing = sorted(k for k in before.keys() | now.keys() if before.get(k) != now.get(k))
    for key in differing:
        click.echo(f"differs: {key}")
    click.echo(f"{len(now) - len(differing)} of {len(before)} outputs are equal")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
