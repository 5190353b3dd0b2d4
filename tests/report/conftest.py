"""Run files to make pages of, and a way to write one again with other words in it."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec
import pytest

from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import Event
from clamshell_tui.report.material import Material, read_material
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import RecordNames
from clamshell_tui.runfile.journal import Journal
from clamshell_tui.runfile.meta import CLASSES, config_of
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.writer import RunFileWriter
from tests.kept import simulated

STORY = """\
seed = 5
dataset = {kind = "generated", records = 500, features = 4, classes = 3, difficulty = 0.2}
requester.gold = 30
crowd = {population = "live", abandonment = 0.03, behaviours = {skipper = 0.2}}
pool = {size = 6, reserve = 3}
recruitment.every = 20.0
qualification = {records = 4, pass_mark = 0.75}
tasks = {records_per_task = 2, votes = 2, batching = "barrier"}
quality.gold_share = 0.1
maintenance.threshold = 6.0
stop.labels = 200
"""

Facts = Iterable[tuple[float, Event]]


def rewritten(
    source: Path,
    target: Path,
    change: Callable[[Facts], Facts],
    *,
    classes: tuple[str, ...] | None = None,
    meta: Mapping[str, str] | None = None,
) -> Path:
    """The same run with its journal changed, decided again and written to another file."""
    with open_run(source) as file:
        known = classes or config_of(file).classes
        said = {**file.meta, **(meta or {}), CLASSES: msgspec.json.encode(known).decode()}
        for key in ("journal_entries", "journal_hash", "finished_at", "finish_reason"):
            said.pop(key, None)
        count = 600
        truth = [record % len(known) for record in range(count)]
        names = RecordNames(known, [f"<i>{n}" for n in range(count)], truth)
        engine = Engine(config_of(file))
        with RunFileWriter(target, said, overwrite=True) as writer:
            model, journal = RunModel(writer.tables, names), Journal()
            for at, event in change(file.events()):
                writer.append(journal.entry(at, event))
                model.apply(at, event, engine.handle(event, at))
    return target


def material_of(path: Path) -> Material:
    """Input of a page, from a run file."""
    with open_run(path) as file:
        return read_material(file)


@pytest.fixture(scope="session")
def run_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With votes, duplicates, evictions, models, skips and departures."""
    return simulated(tmp_path_factory.mktemp("page"), STORY)


@pytest.fixture(scope="session")
def material(run_file: Path) -> Material:
    return material_of(run_file)
