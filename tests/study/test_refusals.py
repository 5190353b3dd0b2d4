"""Mistakes in a study and its files: one line each, with the right line of the right file."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from clamshell_tui.errors import InputError, ScenarioError
from clamshell_tui.memory import free_memory, require_memory
from clamshell_tui.study.load import load_study
from clamshell_tui.study.records import load_records
from tests.study.files import REVIEWS, TOML, StudyFiles


def refusal(files: StudyFiles, *overrides: str) -> str:
    """Return the error of loading a study and its records; it must be one line."""
    with pytest.raises(InputError) as caught:
        load_records(files.load(*overrides))
    assert "\n" not in str(caught.value)
    return str(caught.value)


WORK = '{ kind = "work", minutes = 45.0, checks_every = 4 }'
PARTS = [
    # what to replace, by what, the line (by a part of it; empty: no line), and the message
    (
        '  { kind = "consent", file = "consent.md" },\n',
        "",
        "stage = [",
        'no consent stage; write one, or study.consent = "none: REASON"',
    ),
    ("[study]", '[study]\nconsent = "none"', "consent = ", "study.consent: there is a consent"),
    (
        '"consent.md" }',
        '"consent.md", only = ["alone"] }',
        "consent.md",
        "stage 1: only: everybody",
    ),
    (
        '  { kind = "debrief", file = "debrief.md" },\n',
        "",
        "stage = [",
        'no debrief stage; end with { kind = "debrief" }',
    ),
    (WORK, f"{WORK}, {WORK}", "work", "stage 7: a second work stage in condition "),
    (f"  {WORK},\n", "", "stage = [", 'no work stage in condition "helped"; write '),
    (
        "checks_every = 4",
        'checks_every = 4, only = ["helped"]',
        "stage = [",
        'no work stage in condition "alone"; write { kind = "work" }',
    ),
    (
        '"training"',
        '"training", only = ["alona"]',
        "training",
        'stage 3: only: no condition "alona" (did you mean "alone"?); known: helped, alone',
    ),
    (
        "people = 2",
        "people = 5",
        "gate",
        "stage 5: people: a gate for 5 never opens with 4 invited; lower it",
    ),
    ("people = 2", "people = 0", "gate", "stage 5.people: 0 is out of range; write a whole"),
    ('"gate"', '"gates"', "gates", 'stage 5.kind: unknown kind "gates" (did you mean "gate"?)'),
    ("[study]", "[study]\nnames = 3", "names", 'unknown key "names" in [study] (did you mean'),
    (
        '"straggler_mitigation.enabled=false"',
        '"straggler_mitigation.enable=false"',
        "alone",
        'condition "alone": setting straggler_mitigation.enable=false: unknown key "enable" in '
        '[straggler_mitigation] (did you mean "enabled"?)',
    ),
    (
        '"straggler_mitigation.enabled=false"',
        '"straggler_mitigation"',
        "alone",
        'condition "alone": "straggler_mitigation" is not a setting. Write KEY=VALUE',
    ),
    (
        '"straggler_mitigation.enabled=false"',
        '"payment.show_up=3"',
        "alone",
        'condition "alone": setting payment.show_up=3: it is the study\'s; a condition has',
    ),
    (
        '"straggler_mitigation.enabled=false"',
        '"straggler.enabled=false"',
        "alone",
        'condition "alone": setting straggler.enabled=false: unknown key "straggler" (did you',
    ),
    (
        '"straggler_mitigation.enabled=false"',
        '"tasks.votes=1", "tasks.votes=2"',
        "alone",
        'condition "alone": setting tasks.votes=2: it is set twice; keep one',
    ),
    (
        '"straggler_mitigation.enabled=false"',
        '"seed=3"',
        "alone",
        'condition "alone": setting seed=3: study.seed is that of all conditions',
    ),
    (
        '"straggler_mitigation.enabled=false"',
        "\"question.kind='rating'\"",
        "alone",
        "condition \"alone\": setting question.kind='rating': all conditions ask the same",
    ),
    (
        '"straggler_mitigation.enabled=false"',
        "\"dataset.path='b.csv'\"",
        "alone",
        "condition \"alone\": setting dataset.path='b.csv': all conditions label the same",
    ),
    (
        '"straggler_mitigation.enabled=false"',
        '"quality.gold_share=0.1"',
        "alone",
        'condition "alone": quality.gold_share: a study sets checks_every in its work stage',
    ),
    ('name = "alone"', 'name = "Helped"', "Helped", 'condition 2: name: "Helped" differs only'),
    ('name = "alone"', 'name = "helped"', '"helped", set', 'condition 2: name: "helped" is there'),
    ('name = "alone"', 'name = "a/b"', "a/b", 'condition 2: name: "a/b" would name a file; write'),
    ('name = "alone"', 'name = "Study"', "Study", 'condition 2: name: "Study" is the name of'),
    ('id = "age"', 'id = "strain"', '"Age"', 'stage 7: question 2: id "strain" is there twice'),
    ('id = "age"', 'id = "Strain"', '"Age"', 'stage 7: question 2: id "Strain" differs only by'),
    ('id = "age"', 'id = "my age"', '"Age"', 'stage 7.questions 2.id: "my age" does not look'),
    ('id = "age"', 'id = ""', '"Age"', "stage 7.questions 2.id: is empty; write something"),
    ('ask = "Age"', 'ask = " "', "number", "stage 7: question 2: ask: is empty; write what"),
    ("max = 99", "max = inf", '"Age"', "stage 7: question 2: max: inf limits nothing; leave it"),
    ('"f", "m", ', '"f", "F ", ', '"sex"', 'stage 7: question 3: options: "F " differs from "f"'),
    ('"f", "m", ', '"f", "m\\n", ', '"sex"', 'stage 7: question 3: options: "m\ufffd" has a line'),
    (
        "[study]",
        '[study]\nname = "a\\u001b"',
        "u001b",
        'study.name: "a\ufffd" has a line break',
    ),
    ('"consent.md" }', '"" }', '"consent"', "stage 1.file: is empty; write something"),
    ("minutes = 45.0", "minutes = inf", '"work"', "stage 6.minutes: inf is out of range; write"),
    ("min = 18", "min = 180", '"Age"', "stage 7: question 2: max: 99 is below min (180)"),
    ('"f", "m", ', '"f", "f", ', '"sex"', 'stage 7: question 3: options: "f" is there twice'),
    ('["f", "m", "other"]', '["f"]', '"sex"', "stage 7.questions 3.options: needs at least 2"),
    (
        "checks.accuracy >= 0.9",
        "check.accuracy >= 0.9",
        "bonus",
        'bonus 1: if: no metric "check.accuracy" (did you mean "checks.accuracy"?); known: ',
    ),
    (
        "checks.accuracy >= 0.9",
        "checks.accuracy >= 90",
        "bonus",
        'bonus 1: if: "checks.accuracy >= 90": checks.accuracy is a share from 0 to 1',
    ),
    (
        "checks.accuracy >= 0.9",
        "records > many",
        "bonus",
        'bonus 1: if: "records > many" is no condition of a bonus; write a metric (checks.accuracy',
    ),
    ("[study]", '[study]\ntexts = "dee.toml"', "dee.toml", "study.texts: cannot read "),
    ("[study]", '[[track]]\nmetric = "seconds"\n[study]', "track", "track: only a scenario has it"),
    ("condition = [", 'texts = "de"\ncondition = [', "texts", "texts: a study names this file in"),
    ("minimum = 1.00", "minimum = 9.00\nmaximum = 8", "minimum", "payment.minimum: 9 is more than"),
    (
        "[payment]",
        "[payment]\nround_up_to = 0.025",
        "round_up_to",
        "payment.round_up_to: 0.025 cannot be paid in coins of $0.01",
    ),
    ("show_up = 5.00", "show_up = -5", "show_up", "payment.show_up: -5 is out of range"),
    ("[payment]", '[payment]\ncurrency = "1"', "currency", 'payment.currency: "1" is no currency'),
    ("[participants]", "[participants]\ncount = 4", "count", "participants: both file"),
    (
        'file = "people.csv"\nprivate = ["name"]\n',
        "",
        "[participants]",
        'participants: no one is invited; write file = "people.csv", or count = 20',
    ),
    ('["name"]', '["label"]', "private", 'participants.private: the column "label" is read'),
    (
        '["name"]',
        "[]",
        "private",
        'people.csv has a column "name"; list it in participants.private',
    ),
    (
        "[learning]",
        "[quality]\ngold_share = 0.1\n[learning]",
        "gold_share",
        "quality.gold_share: a study sets checks_every in its work stage",
    ),
    (
        "[learning]",
        "[qualification]\nenabled = true\n[learning]",
        "enabled = true",
        "qualification.enabled: a study has a qualification stage",
    ),
    ("[tasks]", "[tasks]\nvotes = 9", "votes", "tasks.votes: 9 needs a pool of at"),
    ('"codebook.md"', '"code.md"', "code.md", "no such file: "),
    ('"reviews.csv"', '"review.csv"', "review.csv", "no such file: "),
    ('"people.csv"', '"person.csv"', "person.csv", "cannot read "),
    ('use = "use"\n', "", "training", 'stage 3: no record has the use "training"'),
    ("checks_every = 4", "checks_every = 2", "work", "2 checks for about 3 a person; add 1, or"),
    (
        "checks_every = 4",
        "checks_every = 1",
        "work",
        "stage 6: checks_every: 1 asks for more than one check in a task of 2 records; raise it to "
        '2 or more (condition "helped")',
    ),
    (
        '"straggler_mitigation.enabled=false"',
        '"tasks.records_per_task=5"',
        "work",
        "stage 6: checks_every: 4 asks for more than one check in a task of 5 records; raise it to "
        '5 or more, or lower tasks.records_per_task (condition "alone")',
    ),
    (
        '"straggler_mitigation.enabled=false"',
        '"tasks.records_per_task=1"',
        "work",
        "stage 6: checks_every: a task of one record has no place for a check; set "
        'tasks.records_per_task to 2 or more (condition "alone")',
    ),
]


@pytest.mark.parametrize(("old", "new", "part", "message"), PARTS)
def test_a_mistake_in_the_study_file(
    files: StudyFiles, old: str, new: str, part: str, message: str
) -> None:
    files.replace(old, new)
    line = files.line(part)
    assert refusal(files).startswith(f"s.toml line {line}: {message}")


PEOPLE = [
    ("L04", "L02", 'people.csv line 5: label "L02" is there twice (line 3)'),
    ("L04", "l02", 'people.csv line 5: label "l02" differs from "L02" (line 3) only by case; ren'),
    ("L04", "", "people.csv line 5: no label; write up to 32 letters"),
    ("L04", "Dan Y", 'people.csv line 5: label "Dan Y"; write up to 32 letters a-z, digits'),
    ("L04", "B004", 'people.csv line 5: label "B004" is that of a bot; write another'),
    ("L04,,", "L04,alonf,", 'people.csv line 5: no condition "alonf" (did you mean "alone"?); kn'),
    ("L04,,,", "L04,,", "people.csv line 5: 3 columns, the first line has 4"),
    ("Dan", '"Dan', "people.csv line 5: a quote is not closed, or not alone"),
    ("L04", "\u00c41", 'people.csv line 5: label "\u00c41"; write up to 32 letters a-z, digits'),
    ("L04", " L02 ", 'people.csv line 5: label "L02" is there twice (line 3)'),
    ("L04", "L02\u00a0", 'people.csv line 5: label "L02" is there twice (line 3)'),
    ("L04", "L\uff10\uff14", 'people.csv line 5: label "L\uff10\uff14"; write up to 32'),
    ("L03,,,Cid\nL04,,", "L03,,Am,Cid\nL04,,am ", 'people.csv line 5: stratum "am" differs from'),
    ("L04,,,Dan", "L04,,,Dan,x", "people.csv line 5: 5 columns, the first line has 4"),
    ("label,", "Label,", 'people.csv has no column "label" (did you mean "Label"?); name the'),
    ("label,", "label|", 'people.csv has no column "label"; name the columns in the first line'),
    ("label,condition,stratum,name\n", "", 'people.csv has no column "label"; name the columns'),
    ("stratum,", "condition,", 'people.csv has a column "condition" twice'),
    ("stratum,", "strata,", 'people.csv has a column "strata" (did you mean "stratum"?); list it'),
    ("label,", "PK\x03\x04label,", "people.csv is a spreadsheet or an archive. Save it as CSV"),
]


@pytest.mark.parametrize(("old", "new", "message"), PEOPLE)
def test_a_mistake_in_the_guest_list(files: StudyFiles, old: str, new: str, message: str) -> None:
    files.replace(old, new, "people.csv")
    line = files.line("private" if "list it" in message else "people.csv")
    assert refusal(files).startswith(f"s.toml line {line}: {message}")


@pytest.mark.parametrize(
    ("encoding", "line"), [("cp1252", 3), ("utf-16", 1), ("utf-16-le", 3), ("utf-32", 1)]
)
def test_a_guest_list_in_another_encoding(files: StudyFiles, encoding: str, line: int) -> None:
    files.write("people.csv", "label,name\nL01,Ann\nL02,J\u00fcrgen\n", encoding)
    utf16 = "" if encoding == "cp1252" else " (it looks like UTF-16)"
    where = f"s.toml line {files.line('people.csv')}: people.csv line {line}"
    assert refusal(files) == f"{where}: not UTF-8{utf16}. Save it as UTF-8"


def test_a_guest_list_of_a_german_spreadsheet_is_read(files: StudyFiles) -> None:
    files.write("people.csv", "label;name\r\nL01;J\u00fcrgen, Dr\r\nL02;Ann\r\n", "utf-8-sig")
    assert [guest.label for guest in files.load().guests] == ["L01", "L02"]


def test_nameless_columns_blank_rows_and_odd_line_ends_do_not_matter(files: StudyFiles) -> None:
    text = "\n,label,name,,\n0,L01,A\u2028nn,,\n,,,,\n1,L02,Ben,,,,\n"
    for end in ("\n", "\r\n", "\r"):
        files.write("people.csv", text.replace("\n", end))
        assert [guest.label for guest in files.load().guests] == ["L01", "L02"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "consent.md is empty. Write the text"),
        ("---\n\n---\n", "consent.md is empty. Write the text"),
        ("a\n\x1b[1m", "consent.md line 2: control character U+001B. Remove it"),
        ("# A\n\n<b>Stop</b>\n", "consent.md line 3: HTML (<b>). Write Markdown only"),
        ("a\n\n<!-- b -->", "consent.md line 3: HTML (<!--). Write Markdown only"),
        ("a" * 200_001, "consent.md has more than 200,000 characters. Shorten it"),
        ("a\n\udcff", "consent.md line 2: not UTF-8. Save it as UTF-8"),
    ],
)
def test_a_text_that_is_no_plain_markdown(files: StudyFiles, text: str, message: str) -> None:
    (files.folder / "consent.md").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert refusal(files).startswith(f"s.toml line {files.line('consent.md')}: {message}")


def test_addresses_and_code_in_a_text_are_no_html(files: StudyFiles) -> None:
    text = (
        "See <https://example.org> or <lab@example.org>.\n\n`<b>`\n\n```\n<i>\n```\n\n1 < 2 > 1\n"
    )
    files.write("consent.md", text)
    assert files.load().texts["consent.md"] == text


def test_a_check_without_a_known_answer(files: StudyFiles) -> None:
    files.write("reviews.csv", REVIEWS.replace("Horrible,bad", "Horrible,"))
    line = files.line('label = "feeling"')
    assert (
        refusal(files) == f's.toml line {line}: reviews.csv line 7: check "c2" has no known answer'
    )


def test_the_number_of_checks_follows_from_the_records_of_a_person(files: StudyFiles) -> None:
    """12 records, 2 votes, 4 people in 2 arms: 12 each, so 3 checks at one in 4."""
    files.replace("[tasks]", "[tasks]\nvotes = 2")
    where = f"s.toml line {files.line('work')}"
    assert refusal(files) == f"{where}: 2 checks for about 3 a person; add 1, or raise checks_every"
    files.replace("minutes = 45.0", "records = 8")
    load_records(files.load())
    files.replace("records = 8", "minutes = 1.0")  # 6 records at 10 s each
    load_records(files.load())


def test_pictures_that_are_missing_or_none(files: StudyFiles) -> None:
    pytest.importorskip("PIL.Image", reason="needs Pillow (the extra pictures)")
    text = files.toml.read_text("utf-8")
    start = text.index("[dataset]")
    stages = (
        text[:start].replace('  { kind = "training" },\n', "").replace(", checks_every = 4", "")
    )
    stages = stages.replace('  { kind = "qualification", pass_mark = 0.5 },\n', "")
    files.write("s.toml", f'{stages}[dataset]\nkind = "pictures"\npath = "pets"\n')
    line = files.line('path = "pets"')
    assert refusal(files).startswith(f"s.toml line {line}: no such file: ")
    for name in ("cats", "dogs"):
        (files.folder / "pets" / name).mkdir(parents=True)
        files.write(f"pets/{name}/1.png", "no picture")
    message = "cats/1.png is neither PNG nor JPEG, or damaged. Save it again, or remove it"
    assert refusal(files) == f"s.toml line {line}: {message}"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("payment.show_up=x", 'setting payment.show_up=x: payment.show_up: "x" is not an amount'),
        ("study.sed=1", 'setting study.sed=1: unknown key "sed" in [study] (did you mean "seed"?)'),
        ("pool.size=0", "setting pool.size=0: pool.size: 0 is out of range"),
        ("participants.count=3", "setting participants.count=3: participants: both file and"),
        ("stage=1", "setting stage=1: stage: 1 is not a list; put it in [ ]"),
    ],
)
def test_a_mistake_in_an_override_names_it(files: StudyFiles, override: str, message: str) -> None:
    assert refusal(files, override).startswith(message)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(b"\xff\xfes"),
        lambda file: file.write_text("stage = ["),
        lambda file: file.write_text("stage = 3"),
        lambda file: file.write_text("stage = []"),
        lambda file: file.write_text("condition = []\nstage = [{ kind = 'debrief' }]"),
        lambda file: file.unlink(),
    ],
)
def test_what_is_no_study_is_refused(files: StudyFiles, spoil: Callable[[Path], object]) -> None:
    spoil(files.toml)
    with pytest.raises(ScenarioError) as caught:
        load_study(files.toml)
    assert "\n" not in str(caught.value)


def test_seats_need_memory(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        require_memory(20, 0.6e9)
    assert str(caught.value) == (
        "20 seats need about 0.8 GB, 0.6 GB are free; use fewer, or --force"
    )
    require_memory(20, 0.6e9, force=True)
    require_memory(20, 0.9e9)
    require_memory(20, None)
    info = tmp_path / "meminfo"
    assert free_memory(info) is None
    info.write_text("MemTotal:  8000 kB\nMemAvailable:  2000 kB\n")
    assert free_memory(info) == 2_048_000


VALUES = ("1", "-1", "true", '"x"', '""', "[]", "{}", "[1]", "nan", "1979-05-27", '"a\\u0000b"')


def test_no_value_of_another_type_breaks_the_loader(files: StudyFiles) -> None:
    places = list(re.finditer(r'= ("[^"]*"|\[[^\[\]]*\]|[\w.]+)', TOML))
    assert len(places) > 40
    found = []
    for number, place in enumerate(places):
        for value in VALUES[number % 3 :: 3]:
            files.write("s.toml", TOML[: place.start(1)] + value + TOML[place.end(1) :])
            try:
                files.load()
            except ScenarioError as error:
                found.append(str(error))
    assert len(found) > 2 * len(places)
    assert not any("\n" in text or not text.startswith("s.toml line ") for text in found)
