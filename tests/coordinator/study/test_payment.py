"""The payment list of a study that was served, and what is added to it afterwards."""

import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.cli import main
from clamshell_tui.study.events import PaidOut
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.verify import verify_study
from tests.coordinator.study.conftest import FinishedStudy
from tests.coordinator.study.finished import SECRET

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call a command: exit code, stdout and stderr."""

    def calling(*args: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        return code, *capsys.readouterr()

    return calling


@pytest.fixture
def copy(finished: FinishedStudy, tmp_path: Path) -> Path:
    """A study that may be changed."""
    return shutil.copytree(finished.folder, tmp_path / "run")


def listed(call: Call, folder: Path) -> dict[str, dict[str, Any]]:
    code, out, _ = call("pay", folder, "--json")
    assert code == 0
    return {row["participant"]: row for row in json.loads(out)["participants"]}


def engine_pay(folder: Path, label: str) -> Decimal:
    """What the ledgers of the run files have for a participant."""
    micros = 0
    for name in ("one", "two"):
        with closing(sqlite3.connect(folder / f"{name}.db")) as connection:
            sql = "SELECT COALESCE(SUM(micros), 0) FROM ledger WHERE worker = ?"
            micros += connection.execute(sql, (label,)).fetchone()[0]
    return Decimal(micros) / 1_000_000


def test_the_list_equals_a_sum_by_hand(finished: FinishedStudy, call: Call) -> None:
    rows = listed(call, finished.folder)
    assert {label: row["outcome"] for label, row in rows.items()} == {
        "P001": "completed",
        "P002": "completed",
        "P003": "declined",
        "P004": "not-qualified",
        "P005": "withdrawn",
    }
    for label, row in rows.items():
        by_hand = Decimal(5) + engine_pay(finished.folder, label)
        by_hand += Decimal("1.5") if label == "P001" else 0
        cents = by_hand.quantize(Decimal("0.01"), ROUND_CEILING)
        assert Decimal(str(row["total"])) == cents, label
    assert rows["P003"]["total"] == 5.0
    assert rows["P001"]["records"] > 0
    assert {"kind": "bonus", "amount": 1.5, "reason": "was kind"} in rows["P001"]["reasons"]


def test_the_columns_of_the_list_add_up(finished: FinishedStudy, call: Call) -> None:
    code, out, _ = call("pay", finished.folder)
    assert code == 0
    header, *rows, last = [line.split() for line in out.partition("\n\n")[0].splitlines()]
    for row in rows:
        cells = dict(zip([name for name in header if name != "paid_at"], row, strict=True))
        pay = [v for k, v in cells.items() if k not in ("label", "outcome", "total", "owed")]
        assert sum(map(Decimal, pay)) == Decimal(cells["total"]) == Decimal(cells["owed"])
    assert sum(Decimal(row[-1]) for row in rows) == Decimal(last[-1])


def test_payments_continue_the_chain(copy: Path, call: Call) -> None:
    before = listed(call, copy)["P001"]["total"]
    done = call("pay", copy, "--correct", "P001", "2.25", "waited outside", "--paid", "P001")
    assert done[0] == 0
    row, after = listed(call, copy)["P001"], round(before + 2.25, 2)
    assert (row["total"], row["paid"], row["correction"]) == (after, after, 2.25)
    study = read_study(copy)
    last = study.entries[-1]
    assert isinstance(last.event, PaidOut)
    assert row["paid_at"].startswith("20")
    assert verify_study(copy).entries == len(study.entries)
    code, _, err = call("pay", copy, "--paid", "P001")
    assert (code, err) == (0, "clamshell: P001: nothing is owed\n")
    assert read_study(copy).entries == study.entries


def test_who_withdraws_afterwards_is_erased_and_back_ups_are_named(copy: Path, call: Call) -> None:
    shutil.copytree(copy, copy.with_name("noon"))
    before = read_study(copy).sealed
    sealed = Counter(row.participant for row in before)
    erased = sum(row.erased for row in before)
    code, _, err = call("pay", copy, "--withdraw", "P001", "--delete")
    assert code == 0
    assert f"P001 withdrew; {sealed['P001']} answers erased" in err
    assert str(copy.with_name("noon") / "study.db") in err
    assert b"too long" not in b"".join(file.read_bytes() for file in copy.iterdir())
    assert verify_study(copy).erased == sealed["P001"] + erased
    assert listed(call, copy)["P001"]["total"] > 5, "the pay stays"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--paid", "P01"), 'no participant "P01" (did you mean "P001"?)'),
        (("--paid", "P006"), "P006 has not come yet. Nothing was changed"),
        (("--paid", "B001"), "B001 is a bot, which is never paid. Nothing was changed"),
        (("--paid", "P001", "--paid", "B001"), "Nothing was changed"),
        (("--correct", "P001", "-2", "late"), '"-2" is no amount'),
        (("--correct", "P001", "nan", "late"), '"nan" is no amount'),
        (("--bonus", "P001", "2", " "), "P001: a bonus needs a reason"),
        (("--names", "people.csv"), "--names is for --receipts HTML"),
        (("--delete",), "--delete is for --withdraw LABEL"),
    ],
)
def test_mistakes_are_one_line_and_change_nothing(
    copy: Path, call: Call, options: tuple[str, ...], says: str
) -> None:
    before = len(read_study(copy).entries)
    code, out, err = call("pay", copy, *options)
    assert (code, out) == (2, "")
    assert says in err
    assert len(read_study(copy).entries) == before
    verify_study(copy)


def test_receipts_have_names_and_the_folder_has_not(copy: Path, call: Call) -> None:
    names = copy.with_name("names.csv")
    names.write_text("label,name,email\nP001,Ann <b>Ex</b>,ann@example.org\n")
    page = copy.with_name("receipts.html")
    code, _, err = call("pay", copy, "--receipts", page, "--names", names)
    assert (code, err) == (0, f"5 receipts in {page}\n")
    text = page.read_text("utf-8")
    assert text.count("signature") == 5
    assert "Ann &lt;b&gt;Ex&lt;/b&gt;" in text
    assert page.stat().st_mode & 0o077 == 0
    assert b"Ann" not in b"".join(file.read_bytes() for file in copy.iterdir())
    assert SECRET not in text
    names.write_text("label,name\nP009,Ann\n")
    code, _, err = call("pay", copy, "--receipts", page, "--names", names, "--force")
    assert code == 2
    assert 'names.csv line 2: no participant "P009"' in err
    assert page.read_text("utf-8") == text


@pytest.mark.parametrize("command", ["pay", "summary", "verify", "export"])
def test_nobody_is_paid_less_because_a_run_file_is_lost(
    finished: FinishedStudy, copy: Path, call: Call, command: str
) -> None:
    (copy / "one.db").unlink()
    more = ("-o", copy / "out", "--data", finished.files) if command == "export" else ()
    code, out, err = call(command, copy, *more)
    assert (code, out) == (3, ""), err
    assert re.search(r": P00\d worked in one, but one.db is not here. Restore them from a", err)
