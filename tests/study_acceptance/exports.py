"""The exports of a study, during it and after it, compared with what the clients know."""

import csv
from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from tests.study_acceptance.lab import DECLINER, ERASED, NAMES, PEOPLE, SECRET, command
from tests.study_acceptance.people import Participant
from tests.study_acceptance.points import Points

Rows = list[dict[str, str]]
SLACK = 3.0
"""Seconds between an answer and its acknowledgement, on a machine with much else to do."""


async def export(folder: Path, name: str) -> Path:
    """Export the study, which may be served at the moment."""
    code, _, said = await command(folder, "export", str(folder / "run"), "-o", str(folder / name))
    assert code == 0, said
    return folder / name


def rows(out: Path, table: str) -> Rows:
    with (out / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def exports_agree(folder: Path, during: Path, clients: Mapping[str, Participant]) -> None:
    """Check the fourth point, and the third one by the table of pay."""
    out = await export(folder, "out")
    people = {row["participant"]: row for row in rows(out, "participants")}
    assert set(people) == set(PEOPLE) - {ERASED}
    for table in ("answers", "questionnaire", "stages", "pay", "flags"):
        assert {row["participant"] for row in rows(out, table)} <= set(people), table
    for row in rows(out, "answers"):
        assert row["condition"] in ("", people[row["participant"]]["condition"])
    _same_answers(rows(during, "answers"), rows(out, "answers"))
    for client in clients.values():
        _dates(client, rows(out, "answers"))
    points = Points(folder)
    pay = {row["participant"]: float(row["total"]) for row in rows(out, "pay")}
    assert pay == {label: points.owed(label) / 1e6 for label in people}
    assert people[DECLINER]["condition"] == ""
    _no_names(out)
    if find_spec("frictionless") is not None:
        from frictionless import Package

        report = Package(str(out / "datapackage.json")).validate()
        assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])


def _same_answers(during: Rows, after: Rows) -> None:
    """What was answered by then is the same later, but for who had the data deleted."""
    later = {_key(row): row for row in after}
    assert len(later) == len(after)
    before = [row for row in during if row["participant"] != ERASED and row["answer"]]
    assert before
    for row in before:
        now = later[_key(row)]
        for column in ("answer", "correct", "shown_at", "answered_at", "use", "via"):
            assert now[column] == row[column], (column, row, now)


def _key(row: dict[str, str]) -> tuple[str, ...]:
    """Identifies an answer: a record of the training may be answered again."""
    columns = ("participant", "stage", "record_id", "assignment", "position", "answer")
    return tuple([row[column] for column in columns])


def _dates(client: Participant, answers: Rows) -> None:
    """The dates of the answers are those of the client's clock, before and after each kill."""
    found: dict[str, set[float]] = {}
    for row in answers:
        if row["participant"] == client.label and row["stage"] == "work" and row["answered_at"]:
            at = datetime.fromisoformat(row["answered_at"]).timestamp()
            found.setdefault(row["assignment"], set()).add(at)
    mine = {str(int(key[32:], 16)): at for key, at in client.acknowledged_at.items()}
    if client.label != ERASED:
        assert set(found) == set(mine)
    for assignment, dates in found.items():
        late = [mine[assignment] - at for at in dates]
        assert all(-1.0 <= each <= SLACK for each in late), (client.label, assignment, late)


def _no_names(out: Path) -> None:
    for file in out.iterdir():
        text = file.read_text("utf-8")
        assert f"{SECRET} {ERASED}" not in text
        assert not [name for name in NAMES if name in text], file.name
