"""Rehearsed studies: figures against the simulation, and what is warned of."""

import json
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from clamshell_tui.cli.rehearse import command
from clamshell_tui.experiments.rehearsal import findings, loaded, rehearse, spread
from clamshell_tui.experiments.study_warnings import warnings

SHIPPED = Path(__file__).parents[2] / "scenarios/study"


GATE = 'people = 12, timeout = 60.0, otherwise = "end"'


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the study that ships, to be changed."""
    return Path(copytree(SHIPPED, tmp_path / "study")) / "helped-or-alone.toml"


def warned(study: Path, *settings: str) -> str:
    read, dataset, _ = loaded(str(study), settings)
    return "\n".join(warnings(read, dataset))


def test_the_figures_do_not_depend_on_the_number_of_processes(study: Path) -> None:
    one, two = (list(rehearse(study, (), range(3), jobs)) for jobs in (1, 2))
    assert one == two
    assert [each.finished for each in one] == [True] * 3


def test_the_cost_is_what_the_participants_get(study: Path) -> None:
    for each in rehearse(study, (), range(3), 1):
        assert len(each.pay) == 12
        assert all(pay >= 5_000_000 and pay % 500_000 == 0 for pay in each.pay)  # the file says so
        assert sum(one.assigned for one in each.conditions) <= 12


def test_a_range_holds_nine_tenths() -> None:
    found = spread([float(n) for n in range(101)])
    assert found is not None
    assert (found.low, found.median, found.high) == (5.0, 50.0, 95.0)
    assert spread([]) is None


def test_what_participants_may_stumble_over_is_named(study: Path) -> None:
    assert warned(study) == ""
    (study.parent / "consent.md").write_text("# Take part\n\nIt takes an hour.\n")
    records = study.parent / "reviews.csv"
    lines = records.read_text().splitlines()
    columns = lines[0].split(",")
    row = dict.fromkeys(columns, "") | {"id": "long", "use": "work", "feeling": "neutral"}
    row["review"] = "word " * 300
    odd = row | {"id": "odd", "review": "a dog \U0001f415 of the private use \ue000"}
    lines += [",".join(each[name] for name in columns) for each in (row, odd)]
    training = next(line for line in lines if ",training," in line)
    lines.append(
        training.replace(",training,", ",work,").replace(training.split(",")[0], "twin", 1)
    )
    records.write_text("\n".join(lines) + "\n")
    loaded.cache_clear()
    found = warned(study)
    for words in (
        "consent.md has no contact",
        "none of the amounts",
        "may withdraw",
        "what stays after a withdrawal",
        "record long is longer than a screen",
        "record odd is with characters",
        "U+E000",
        "nearly the same text in two sets",
        "twin (work)",
    ):
        assert words in found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("straggler_mitigation.enabled=false", "straggler_mitigation.enabled=true", "are the same"),
        ("checks_every = 5, ", "", "bonus 1 is never paid: there are no checks"),
        ('"short-reviews"', '"Helped-or-not"', 'names the condition "helped"; set study.name'),
        ("maximum = 40.00", "maximum = 4.00", "the show-up fee is more than payment.maximum (4)"),
    ],
)
def test_what_a_study_file_promises_in_vain_is_named(
    study: Path, old: str, new: str, words: str
) -> None:
    text = study.read_text("utf-8")
    assert old in text
    study.write_text(text.replace(old, new), "utf-8")
    loaded.cache_clear()
    assert words in warned(study)


def test_a_part_of_a_word_names_no_condition(study: Path) -> None:
    study.write_text(
        study.read_text("utf-8").replace('"short-reviews"', '"unhelpedly-so"'), "utf-8"
    )
    loaded.cache_clear()
    assert "names the condition" not in warned(study)


def test_a_gate_for_more_people_than_come_so_far_is_named(study: Path) -> None:
    text = study.read_text("utf-8").replace("pass_mark = 0.6", "pass_mark = 1.0")
    study.write_text(text.replace('people = 10, timeout = 600.0, otherwise = "start"', GATE))
    loaded.cache_clear()
    read, _, records = loaded(str(study), ())
    found = "\n".join(findings(read, records.work, list(rehearse(study, (), range(3), 1))))
    assert "seeds the gate waits in vain for 12 people, until its timeout; lower people" in found


def test_records_that_too_few_people_label_are_named(study: Path) -> None:
    settings = ("tasks.votes=9",)
    read, _, records = loaded(str(study), settings)
    found = "\n".join(findings(read, records.work, list(rehearse(study, settings, range(2), 1))))
    assert 'condition "helped": 0 of 60 records get all their votes: lower tasks.votes' in found


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ([], ""),
        (["maintenance.threshold=8"], 'no one is sent home in "helped", "alone": there is no'),
        (['maintenance.objective="variance"'], 'no one is sent home in "helped", "alone": '),
        (['maintenance.objective="quality"', "tasks.votes=3"], ""),
    ],
)
def test_an_eviction_that_cannot_happen_is_named(
    settings: list[str], said: str, study: Path
) -> None:
    found = warned(study, *settings)
    assert said in found if said else not found


def test_the_command_prints_tables_and_json(study: Path) -> None:
    shown = CliRunner().invoke(command, [str(study), "--seeds", "2", "--no-progress"])
    assert shown.exit_code == 0, shown.output
    for words in ("1 consent", "8 debrief", "by the hour", "helped", "checks right"):
        assert words in shown.output
    plain = CliRunner().invoke(command, [str(study), "--seeds", "2", "--json", "--no-progress"])
    assert len(json.loads(plain.stdout)["seeds"]) == 2
