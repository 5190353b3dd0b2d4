"""Pictures of a study's screens: of every stage, complete, and what is remarked about them."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from clamshell_tui.cli.rehearse_screens import ConditionPictures, remarks, take
from clamshell_tui.cli.screen_pages import check_folder, write_folder
from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.coordinator.study import opening
from clamshell_tui.coordinator.trainer_messages import Load, Loaded
from clamshell_tui.coordinator.trainer_process import RequestServer
from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.study.load import load_study
from tests.coordinator.study.studies import write_study
from worker_client.photographed import Picture

STAGES = """\
stage = [
  {kind = "consent", file = "consent.md"},
  {kind = "training"},
  {kind = "work", records = 2},
  {kind = "questionnaire", questions = [
    {id = "pet", kind = "choice", ask = "Which?", options = [%s]}]},
  {kind = "debrief", file = "debrief.md"}]
"""
REHEARSE = [sys.executable, "-m", "clamshell_tui.cli", "rehearse", "helped-or-alone"]


@pytest.fixture
def _records_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the records in this process, and not in one of their own."""

    async def load(options: Options, stack: AsyncExitStack) -> tuple[None, Loaded]:
        loaded = RequestServer().reply(
            Load(as_toml(options.scenario), str(options.base.absolute()))
        )
        assert isinstance(loaded, Loaded), loaded
        return None, loaded

    monkeypatch.setattr(opening, "load_records", load)


@pytest.mark.slow
@pytest.mark.usefixtures("_records_here")
def test_a_bot_sees_every_stage_to_its_end(tmp_path: Path) -> None:
    options = ", ".join(f'"pet {n}"' for n in range(30))
    file = write_study(tmp_path, STAGES % options, truth=True)
    text = file.read_text()
    file.write_text(
        re.sub("^condition = .*", 'condition = [{name = "one"}]', text, flags=re.MULTILINE)
    )
    lines = [f"line {n}\n" for n in range(40)]
    (tmp_path / "consent.md").write_text("\n".join([*lines, "lost: \u202e; the last line"]))
    (one,) = asyncio.run(take(load_study(file), (80, 24), lambda _, __: None))
    assert not one.stuck
    stages = [f"{each.number} {each.stage}" for each in one.pictures]
    assert list(dict.fromkeys(stages)) == [
        "1 consent",
        "2 training",
        "3 work",
        "4 questionnaire",
        "5 debrief",
    ]
    consent = [each for each in one.pictures if each.stage == "consent"]
    assert len(consent) > 2  # scrolled page by page
    seen = {int(n) for each in consent for n in re.findall(r"line (\d+)", " ".join(each.lines))}
    assert seen == set(range(40))
    assert any("I agree" in line for line in consent[-1].lines)
    said = list(remarks([one]))
    assert said == [
        "04-questionnaire: the answers do not fit on the screen: participants have to scroll",
        "01-consent: characters that the screen does not show (U+202E)",
    ]


def picture(stage: str, *cut: str) -> Picture:
    return Picture(1, stage, "<svg></svg>", ("a",), "a", cut)


def test_a_remark_names_the_condition_unless_it_is_true_of_all() -> None:
    helped = ConditionPictures("helped", [picture("consent", "cut")])
    alone = ConditionPictures("alone", [picture("consent", "cut", "more")], "stage 2 (gate)")
    assert list(remarks([helped, alone])) == [
        "01-consent: cut",
        "01-consent: more (condition alone)",
        "condition alone: the bot did not leave stage 2 (gate) within a minute; the screens after "
        "it are missing",
    ]


def test_only_a_folder_of_pictures_is_replaced_and_only_if_asked(tmp_path: Path) -> None:
    folder = tmp_path / "screens"
    check_folder(folder, force=False)
    write_folder(folder, "s", (80, 24), [ConditionPictures("a", [picture("consent")] * 2)], ["odd"])
    names = {str(each.relative_to(folder)) for each in folder.rglob("*.*")}
    assert names == {"index.html", "a/01-consent.svg", "a/01-consent-2.svg"}
    page = (folder / "index.html").read_text()
    assert page.index("a/01-consent.svg") < page.index("a/01-consent-2.svg")
    assert "<li>odd</li>" in page
    with pytest.raises(InputError, match="--force"):
        check_folder(folder, force=False)
    check_folder(folder, force=True)
    write_folder(folder, "s", (80, 24), [ConditionPictures("b", [picture("consent")])], [])
    assert not (folder / "a").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["screens"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/paper.tex").touch()
    with pytest.raises(InputError, match="holds no pictures"):
        check_folder(tmp_path / "mine", force=True)
    with pytest.raises(EnvironmentFaultError, match="no such directory"):
        check_folder(tmp_path / "nowhere/x", force=False)


@pytest.mark.slow
def test_the_study_that_ships_has_a_picture_of_each_stage_in_each_condition(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    words = [*REHEARSE, "--seeds", "1", "--screens", "screens"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for condition in ("helped", "alone"):
        for stage in (
            *("01-consent", "02-instructions", "03-training", "04-qualification", "05-gate"),
            *("06-work", "06-break", "07-questionnaire", "07-questionnaire-5", "08-debrief"),
        ):
            root = ET.parse(tmp_path / "screens" / condition / f"{stage}.svg").getroot()
            assert root.tag.endswith("svg")
    assert not re.search(r"^! \d\d-", done.stdout, re.MULTILINE), done.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["screens"]


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    words = [*REHEARSE, "--seeds", "1", "--screens", "screens"]
    process = subprocess.Popen(
        words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not any(tmp_path.glob("clamshell-*/seat")):  # the app is about to start
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not any(tmp_path.iterdir())
