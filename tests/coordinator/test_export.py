"""The export of a live run over the wire, and the same from its file."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clamshell_tui.cli import main
from clamshell_tui.client.journal_copy import fetch
from clamshell_tui.client.operator import Endpoint
from clamshell_tui.report.export import RunExport, export_of
from clamshell_tui.report.export_formats import export_files
from clamshell_tui.report.input_records import input_records
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.run_copy import RunCopy, copy_of
from clamshell_tui.wire.connection import parse_address
from clamshell_tui.wire.worker_messages import Acknowledged, Answer, RecordDetail
from tests.coordinator.wire import (
    DEADLINE,
    PETS,
    Place,
    options_for,
    running,
    story,
    until,
)

TWOS = PETS.replace("records_per_task = 1", "records_per_task = 2")


def exported(run: RunCopy, folder: Path) -> RunExport:
    return export_of(run, input_records(run, [folder]))


def rows_of(export: RunExport) -> list[dict[str, Any]]:
    answers = export.table("answers")
    names = [column.name for column in answers.columns]
    return [dict(zip(names, row, strict=True)) for row in answers.rows]


def remote(place: Place) -> Endpoint:
    token = place.secrets["operator"][0]
    return Endpoint(parse_address(f"127.0.0.1:{place.port}"), token, "export")


@story
async def test_a_live_run_the_same_run_afterwards_and_its_back_up_agree(tmp_path: Path) -> None:
    options = options_for(tmp_path, TWOS)
    began = datetime.now(UTC).timestamp()  # noqa: TID251  # what the export is compared with
    async with running(options) as place:
        await place.submit("meow", "=woof", "purr", "hiss", last=False)
        worker, task = await place.working()
        details = (
            RecordDetail(0.01, 0.05, 2, flagged=True),
            RecordDetail(0.09, 0.09, reason="blurred", comment="why?"),
        )
        clock = asyncio.get_running_loop().time
        answered = clock() + 0.1  # the client's clock is not ahead of the coordinator's
        await until(lambda: clock() > answered)
        await worker.ask(Answer(task.assignment, (0, None), details), Acknowledged)
        run = await asyncio.to_thread(fetch, remote(place))
        live = exported(run, tmp_path)
        where, token = f"127.0.0.1:{place.port}", place.secrets["operator"][0]
        args = ["backup", where, "--token", token, "-o", str(tmp_path / "copy.db")]
        assert await asyncio.to_thread(main, args) == 0
    entries = len(run.events)
    for name in (options.db.name, "copy.db"):
        with open_run(tmp_path / name) as file:
            kept = exported(copy_of(file, entries), tmp_path)
        for form in ("csv", "jsonl", "label-studio"):
            files = export_files(live, form, unquoted=False)
            assert export_files(kept, form, unquoted=False) == files, f"{name}, {form}"
    one, two = rows_of(live)
    assert (one["answer"], one["changes"], one["flagged"]) == ("cat", 2, True)
    assert (two["answer"], two["skipped"], two["via"]) == (None, True, "terminal")
    assert abs(one["rt_ms"] - 40) <= 1, "times in the journal have milliseconds"
    assert two["rt_ms"] is None, "it was measured at another seat"
    assert abs(two["answered_at"] - one["shown_at"] - 80) <= 2
    assert began * 1000 - 10 < one["shown_at"] < (began + DEADLINE) * 1000
    what = [row[3:] for row in live.table("flags").rows]
    assert what == [("flag", None), ("skip", "blurred"), ("comment", "why?")]
    assert live.facts["clock"] == "UTC"


@story
async def test_the_command_exports_a_run_that_goes_on(tmp_path: Path) -> None:
    options = options_for(tmp_path, TWOS)
    out = tmp_path / "out"
    async with running(options) as place:
        await place.submit("meow", "woof")
        await place.working()
        where, token = f"127.0.0.1:{place.port}", place.secrets["operator"][0]
        args = ["export", where, "--token", token, "-o", str(out)]
        done = await asyncio.to_thread(main, args)
    assert done == 0
    assert '"finished": false' in (out / "datapackage.json").read_text()
    assert (out / "labels.csv").read_text().splitlines()[1].startswith("meow,meow,")
