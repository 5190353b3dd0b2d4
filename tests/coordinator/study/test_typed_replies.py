"""What was typed in a questionnaire and not sent: kept, given back, and erased on request."""

from pathlib import Path

from clamshell_tui.report.study_export import export_of_study, read_data
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.verify import verify_study
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.study_messages import (
    Answers,
    ConsentShown,
    DebriefShown,
    GivenAnswer,
    QuestionsShown,
    TypedReply,
    Withdraw,
)
from clamshell_tui.wire.worker_messages import TaskAssigned
from tests.coordinator.study.studies import (
    Participant,
    StudyPlace,
    running_study,
    study_options,
    write_study,
)
from tests.coordinator.wire import story

STAGES = """\
stage = [
  {kind = "consent", file = "consent.md"},
  {kind = "questionnaire", questions = [
    {id = "strain", kind = "likert", ask = "How tiring?", steps = 5},
    {id = "age", kind = "number", ask = "Age"},
    {id = "more", kind = "text", ask = "More?", optional = true}]},
  {kind = "work", records = 4},
  {kind = "debrief", file = "debrief.md"}]
"""
SECRET = "a secret of mine"
TYPED = (("strain", 4), ("age", "4x"), ("more", "a"), ("more", SECRET), ("age", None))
KEPT = (GivenAnswer("strain", 4), GivenAnswer("more", SECRET))


async def asked(place: StudyPlace, number: int) -> tuple[Participant, QuestionsShown]:
    """The participant, perhaps from another machine, at the questionnaire."""
    one = await place.participant(number)
    return one, await one.shown(QuestionsShown)


@story
async def test_replies_that_were_not_sent_outlive_seat_and_coordinator(tmp_path: Path) -> None:
    options = study_options(tmp_path, write_study(tmp_path, STAGES))
    folder = tmp_path / "run"
    async with running_study(options) as place:
        for number in (0, 1):
            one = await place.participant(number)
            await one.shown(ConsentShown)
            await one.consent()
            assert (await one.shown(QuestionsShown)).typed == ()
            for name, value in TYPED:
                await one.talker.say(TypedReply(one.number, GivenAnswer(name, value)))
            await one.talker.socket.close()
            one, shown = await asked(place, number)
            assert shown.typed == KEPT
        for name, value in (("strain", 6), ("strain", "4"), ("none", "x"), ("age", "x" * 41)):
            wrong = TypedReply(one.number, GivenAnswer(name, value))
            assert (await one.talker.ask(wrong, Error)).code == "request"
    found, study = verify_study(folder), read_study(folder)
    assert (found.answers, found.typed) == (0, 6)
    assert "6 replies typed and not sent" in list(found.lines())
    assert SECRET not in str([entry.event for entry in study.entries])
    export = export_of_study(read_data(study, [tmp_path]))
    assert list(export.table("questionnaire").rows) == []
    async with running_study(options) as place:
        (one, shown), (two, _) = await asked(place, 0), await asked(place, 1)
        assert shown.typed == KEPT
        answers = (GivenAnswer("strain", 5), GivenAnswer("age", 30))
        await one.talker.say(Answers(one.number, answers))
        await one.talker.hear_until(TaskAssigned)
        await two.talker.say(Withdraw(delete=True))
        await two.shown(DebriefShown)
        await place.turn()
        assert SECRET.encode() not in everything_in(folder), "while the file is open"
    assert SECRET.encode() not in everything_in(folder)
    found = verify_study(folder)
    assert (found.answers, found.typed, found.erased) == (3, 0, 3)


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())
