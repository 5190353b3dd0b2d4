"""What participants of a German study read about their money, on the screen and on paper."""

from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.participant_texts import Texts
from clamshell_tui.participant_texts.load import built_in, load_texts
from clamshell_tui.wire.study_messages import DebriefShown
from tests.coordinator.study.studies import running_study, study_options, write_study
from tests.coordinator.wire import story

GERMAN = Texts(load_texts(built_in()["de"]))
PAYMENT = """payment = {currency = "EUR", show_up = 5.0, minimum = 9.0, bonus = [
  {amount = 1.0, if = "records >= 4"}, {amount = 1.0, if = "qualified.accuracy >= 0.9"},
  {amount = 1.0, if = "minutes > 600"}]}"""


@story
async def test_the_reasons_of_the_pay_are_german_on_screen_receipt_and_slip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_study(tmp_path, people=1)
    text = file.read_text().replace('payment = {currency = "EUR", show_up = 5.0}', PAYMENT)
    file.write_text(f"{text}\nstudy.texts = 'de'\n")
    async with running_study(study_options(tmp_path, file)) as place:
        one = await place.participant()
        task = await one.learn()
        await one.work(task, 4 // len(task.records))
        await one.fill_in()
        receipt = await one.shown(DebriefShown)
    said = {(line.kind, line.reason) for line in receipt.lines if line.reason}
    assert said == {
        ("bonus", "mindestens 4 Eintr\u00e4ge zugeordnet"),
        ("bonus", "mindestens 90 % der Eintr\u00e4ge im Test richtig"),
        ("top_up", "insgesamt mindestens 9,00 \u20ac"),
    }
    assert all(line.micros % 10_000 == 0 for line in receipt.lines)
    assert sum(line.micros for line in receipt.lines) == receipt.total_micros == 9_000_000
    page = tmp_path / "receipts.html"
    assert main(["pay", str(tmp_path / "run"), "--receipts", str(page)]) == 0
    paper = page.read_text("utf-8")
    for _, reason in said:
        assert f">{reason}<" in paper
    wanted = ("paper.receipt", "paper.signature", "receipt.show_up")
    assert all(f">{GERMAN(key)}<" in paper for key in wanted)
    assert GERMAN("paper.received", amount="9,00 \u20ac") in paper
    assert 'lang="de"' in paper
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    slips = ["slips", str(file), "--db", str(tmp_path / "next"), "--address", "x", "--web", "1"]
    capsys.readouterr()
    assert main(slips) == 0
    slip = capsys.readouterr().out
    assert all(GERMAN(f"paper.{key}") in slip for key in ("keep", "browser"))
    assert GERMAN("paper.certificate", fingerprint="") in slip
