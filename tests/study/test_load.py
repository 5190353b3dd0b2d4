"""A study file is loaded strictly, and each condition is a finished scenario."""

import re
from hashlib import sha256
from math import inf
from pathlib import Path

import pytest

from clamshell_tui.errors import ScenarioError
from clamshell_tui.participant_texts.english import ENGLISH
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.toml_text import to_toml
from clamshell_tui.study.config import QuestionnaireStage, WorkStage
from clamshell_tui.study.load import is_study, load_study
from clamshell_tui.study.markdown import pages_of
from clamshell_tui.study.plan import Guest
from clamshell_tui.study.records import KnownRecord, load_records
from tests.study.files import StudyFiles

SHIPPED = Path(__file__).parents[2] / "scenarios"


def test_a_study_has_stages_guests_texts_and_payment(files: StudyFiles) -> None:
    study = files.load()
    assert study.name == "s"
    assert [type(stage).kind for stage in study.stages] == [
        *("consent", "instructions", "training", "qualification", "gate", "work"),
        *("questionnaire", "debrief"),
    ]
    assert study.guests == (Guest("L01"), Guest("L02"), Guest("L03"), Guest("L04"))
    assert study.texts["debrief.md"] == "Thank you.\n"
    assert study.payment.bonus[0].condition == "checks.accuracy >= 0.9"
    questions = study.stages[6]
    assert isinstance(questions, QuestionnaireStage)
    assert [question.id for question in questions.questions] == ["strain", "age", "sex", "more"]


def test_a_condition_is_the_studys_defaults_then_the_file_then_its_own_settings(
    files: StudyFiles,
) -> None:
    files.replace("[learning]", "[pool]\nreserve = 1\n[learning]")
    files.replace('["straggler_mitigation.enabled=false"]', '["tasks.votes=2", "pool.size=3"]')
    helped, alone = files.load("study.seed=9").conditions
    for each, size, votes in ((helped, 4, 1), (alone, 3, 2)):
        scenario = each.scenario
        assert (scenario.pool.size, scenario.tasks.votes) == (size, votes)
        assert (scenario.pool.reserve, scenario.pool.grace) == (1, 900.0)
        assert scenario.maintenance.threshold == inf
        assert not scenario.qualification.enabled
        assert (scenario.requester.gold, scenario.seed) == (0, 9)
        assert scenario.name == f"s-{each.name}"
        assert not scenario.learning.enabled


def test_letters_of_conditions_do_not_tell_their_order_in_the_file(files: StudyFiles) -> None:
    found = {tuple(c.letter for c in files.load(f"study.seed={n}").conditions) for n in range(20)}
    assert found == {("A", "B"), ("B", "A")}


def test_records_have_their_use_answer_and_reason(files: StudyFiles) -> None:
    dataset, records = load_records(files.load())
    assert dataset.classes == ("bad", "good")
    assert records.training == (
        KnownRecord("t1", 0, 1, "It says nice."),
        KnownRecord("t2", 1, 0, ""),
    )
    assert [each.id for each in records.qualification] == ["q1", "q2"]
    assert [each.id for each in records.checks] == ["c1", "c2"]
    assert records.work == 12


def test_an_override_reaches_study_and_scenario(files: StudyFiles) -> None:
    study = files.load("payment.show_up=7", "tasks.votes=3", "participants.grace=60")
    assert study.payment.show_up == 7
    assert {each.scenario.tasks.votes for each in study.conditions} == {3}
    assert {each.scenario.pool.grace for each in study.conditions} == {60.0}


def test_without_a_guest_list_people_are_numbered(files: StudyFiles) -> None:
    files.replace('file = "people.csv"\nprivate = ["name"]', "count = 3")
    assert [guest.label for guest in files.load().guests] == ["P001", "P002", "P003"]


def test_replaced_sentences_are_those_of_every_condition(files: StudyFiles) -> None:
    study = files.load()
    assert not study.sentences.replaced
    files.write("ours.toml", to_toml(ENGLISH).replace("please enlarge", "kindly enlarge"))
    ours = files.load("study.texts=ours.toml")
    assert "kindly enlarge" in "".join(ours.sentences.replaced.values())
    assert {each.scenario.texts for each in ours.conditions} == {"ours.toml"}
    assert set(ours.digests) - set(study.digests) == {"ours.toml"}


def test_a_change_of_any_file_is_found_but_not_one_of_a_private_column(files: StudyFiles) -> None:
    begun = files.load().digests
    assert begun["consent.md"] == sha256(b"# Consent\n\nYou may stop.\n").hexdigest()
    files.replace("Ann", "Anna", "people.csv")
    files.load().require_unchanged(begun, ())
    for name, old, new in (
        ("people.csv", "L04", "L05"),
        ("reviews.csv", "Text 7", "Text 70"),
        ("debrief.md", "you", "all"),
        ("s.toml", "2.00", "3.00"),
    ):
        files.replace(old, new, name)
        with pytest.raises(ScenarioError, match=f"^{name} has changed since this study began; "):
            files.load().require_unchanged(begun, ())
        files.replace(new, old, name)
    files.load().require_unchanged(begun, ())


@pytest.mark.parametrize(
    ("began", "now", "said"),
    [
        ([], ["study.seed=3"], "began without --set; leave --set out, or use another folder"),
        (["study.seed=3"], [], "began with --set study.seed=3; give the same, or"),
        (["study.seed=3"], ["study.seed=4"], "began with --set study.seed=3; give the same, or"),
        (
            ['study.name="a b"', "study.seed=3"],
            [],
            """--set 'study.name="a b"' --set study.seed=3; give""",
        ),
        (["study.texts=de"], [], "began with --set study.texts=de; give the same, or"),
    ],
)
def test_a_study_goes_on_with_the_settings_it_began_with(
    began: list[str], now: list[str], said: str, files: StudyFiles
) -> None:
    before = files.load(*began)
    with pytest.raises(ScenarioError, match=f"^this study .*{re.escape(said)}"):
        files.load(*now).require_unchanged(before.digests, before.overrides)
    files.load(*began).require_unchanged(before.digests, before.overrides)


def test_pages_are_parted_by_a_line_of_dashes_that_underlines_nothing() -> None:
    text = "Title\n---\n\nfirst\n\n---\n\nsecond\n\n-----\n\n"
    assert pages_of(text) == ("Title\n---\n\nfirst", "second")
    assert pages_of("---\n\nonly\n") == ("only",)


def test_a_study_is_told_from_a_scenario_by_its_stages(files: StudyFiles) -> None:
    assert is_study(files.toml)
    assert not is_study(SHIPPED / "quickstart.toml")
    assert not is_study(SHIPPED / "missing.toml")
    with pytest.raises(ScenarioError, match=r"^s\.toml is a study, since it has stages"):
        load_scenario(files.toml)


def test_the_built_in_study_loads_with_records_for_every_stage() -> None:
    study = load_study(SHIPPED / "study" / "helped-or-alone.toml")
    _, records = load_records(study)
    assert (len(records.training), len(records.qualification), len(records.checks)) == (6, 5, 12)
    assert records.work == 60
    assert all(each.why for each in records.training)
    assert any(isinstance(stage, WorkStage) for stage in study.stages)
