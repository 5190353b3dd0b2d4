"""Bots go through all stages of a study in two conditions, with a gate, checks and questions."""

from collections import Counter
from pathlib import Path

from clamshell_tui.coordinator.limits import Limits
from clamshell_tui.core.events import AssignmentAnswered, WorkerJoined
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.verify import verify_study
from tests.coordinator.study.studies import running_study, study_options, write_study
from tests.coordinator.wire import story, until
from worker_client.crowd_of_bots import crowd_named, run

STAGES = """\
stage = [
  {kind = "consent", file = "consent.md"},
  {kind = "instructions", file = "codebook.md"},
  {kind = "training"},
  {kind = "qualification", pass_mark = 0.0},
  {kind = "gate", people = 8},
  {kind = "work", records = 12, checks_every = 4},
  {kind = "questionnaire", questions = [
    {id = "strain", kind = "likert", ask = "How tiring?", steps = 5},
    {id = "age", kind = "number", ask = "Age?", min = 18, max = 99},
    {id = "pet", kind = "choice", ask = "Which?", options = ["cat", "dog", "none"]},
    {id = "more", kind = "text", ask = "More?", optional = true}]},
  {kind = "debrief", file = "debrief.md"}]
"""


@story
async def test_bots_go_through_a_whole_study(tmp_path: Path) -> None:
    file = write_study(tmp_path, STAGES, people=8, work=80, truth=True)
    file.write_text(file.read_text().replace('"tasks.records_per_task=1"', '"tasks.votes=2"'))
    limits = Limits(per_second=10_000.0, burst=10_000.0)
    options = study_options(tmp_path, file, bots=8, speed=200.0, limits=limits)
    async with running_study(options) as place:
        joins = [f"clam://127.0.0.1:{place.port}/{code}" for code in place.secrets["bot"]]
        fates = await run(joins, crowd_named("mturk"), seed=3)
        bots = [person for person in place.run.itinerary.people.values() if person.bot]
        await until(lambda: all(bot.concluded for bot in bots))
    assert [fate.worker for fate in fates] == [f"B{n:03}" for n in range(1, 9)]
    study = read_study(tmp_path / "run")
    people = [person for person in study.itinerary.people.values() if person.bot]
    assert {person.outcome for person in people} == {"completed"}
    assert set(Counter(person.condition for person in people).values()) == {4}
    assert all(0 < person.work.records <= 12 for person in people)
    assert sum(person.work.checks_asked for person in people) > 0
    assert len(study.sealed) == 8 * 4
    answered = sum(answers(study.run_file(arm.name)) for arm in study.meta.plan.conditions)
    assert answered == sum(person.work.records for person in people)
    verify_study(tmp_path / "run")


def answers(path: Path) -> int:
    """Records that were answered, counted in the journal of a run."""
    total = 0
    with open_run(path) as run:
        for _, event in run.events():
            if isinstance(event, AssignmentAnswered):
                total += len(event.labels) - event.labels.count(None)
            if isinstance(event, WorkerJoined):
                assert event.worker.startswith("B")
    return total
