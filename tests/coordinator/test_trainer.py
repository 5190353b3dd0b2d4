"""The training process, with a real model of real (generated) data."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clamshell_tui.coordinator.trainer import PredictionReply, TrainerProcess
from clamshell_tui.coordinator.trainer_messages import (
    AddLabels,
    AddRecords,
    BatchPredicted,
    Learnt,
    Load,
    Loaded,
    PredictBatch,
    Prediction,
    PredictionRefused,
    RebuildModel,
    Request,
    Trained,
    TrainingRefused,
)
from clamshell_tui.errors import DatasetError
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.wire.requester_messages import (
    NewRecord,
    Predict,
    Predicted,
    Submit,
    Submitted,
)
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    Qualification,
    TaskAssigned,
    TrainingAssigned,
)
from tests.coordinator.wire import PETS, answer_rightly, options_for, right, running, story, until

GENERATED = """\
seed = 3
dataset = {kind = "generated", records = 80, features = 4, difficulty = 0.0}
requester.gold = 4
qualification = {records = 2, pass_mark = 0.5}
pool = {size = 1, reserve = 0}
tasks.records_per_task = 2
stop.labels = 12
"""


class Told:
    """Collects a trainer's results, for tests that wait for them."""

    def __init__(self, trainer: TrainerProcess, history: list[Request]) -> None:
        self.results: asyncio.Queue[Learnt] = asyncio.Queue()
        self.trainer = trainer
        trainer.attach(self.results.put_nowait, lambda: history)


async def loaded(text: str, patience: float = 60.0) -> tuple[TrainerProcess, Loaded]:
    trainer = TrainerProcess(Load(as_toml(parse_scenario(text, "test")), "."), patience)
    return trainer, await trainer.load()


@story
async def test_a_model_is_made_of_the_labels_that_were_told() -> None:
    trainer, data = await loaded(GENERATED)
    told = Told(trainer, [])
    running_trainer = asyncio.create_task(trainer.run())
    assert (len(data.ids), data.gold, data.width) == (60, 4, 4)  # a quarter is held out
    trainer.train(0)
    assert await told.results.get() == TrainingRefused("no labels yet")
    known = range(4, 24)
    labels = tuple(data.truth[record] for record in known)
    trainer.send(AddLabels(tuple(known), labels, (False,) * 20))
    trainer.train(20)
    model = await told.results.get()
    assert isinstance(model, Trained)
    assert (model.labels_used, model.estimated) == (20, False)
    assert model.accuracy is not None
    assert model.accuracy > 0.8
    assert not set(model.ranking) & {*known, *range(4)}
    trainer.send(PredictBatch((30, 31, 59)))
    predicted: Learnt = await told.results.get()
    assert isinstance(predicted, BatchPredicted)
    assert predicted.records == (30, 31, 59)
    assert predicted.labels == tuple(data.truth[record] for record in predicted.records)
    assert all(0.5 < chance <= 1 for chance in predicted.probabilities)
    running_trainer.cancel()
    await trainer.close()


@pytest.mark.slow
@story
async def test_a_killed_process_fails_its_training_and_the_next_one_knows_everything() -> None:
    trainer, data = await loaded(GENERATED)
    known = range(4, 24)
    labels = tuple(data.truth[record] for record in known)
    told = Told(trainer, [AddLabels(tuple(known), labels, (False,) * 20)])
    running_trainer = asyncio.create_task(trainer.run())
    assert trainer.process is not None
    trainer.process.kill()
    trainer.train(20)
    assert await told.results.get() == TrainingRefused("the training process ended")
    result: Learnt = TrainingRefused("")
    while isinstance(result, TrainingRefused):
        await asyncio.sleep(0)  # until it has been started again
        if trainer.process is not None:
            trainer.train(20)
            result = await told.results.get()
    assert isinstance(result, Trained)
    assert (result.labels_used, trainer.restarts) == (20, 1)
    running_trainer.cancel()
    await trainer.close()


@pytest.mark.slow
@story
async def test_a_process_that_hangs_is_ended_and_the_next_one_predicts_what_it_did() -> None:
    trainer, data = await loaded(GENERATED, patience=3.0)
    known = range(4, 24)
    labels = tuple(data.truth[record] for record in known)
    history: list[Request] = [AddLabels(tuple(known), labels, (False,) * 20), RebuildModel(20, 7)]
    told = Told(trainer, history)
    running_trainer = asyncio.create_task(trainer.run())
    assert trainer.process is not None
    os.kill(trainer.process.pid, signal.SIGSTOP)
    trainer.train(20)
    foreseen: asyncio.Queue[PredictionReply] = asyncio.Queue()
    origin = NewRecord("o", numbers=tuple((f"f{n}", 0.0) for n in range(4)))
    trainer.predict((origin,), foreseen.put_nowait)
    hung = "the training process said nothing for 3 s"
    assert await told.results.get() == TrainingRefused(hung)
    assert await foreseen.get() == PredictionRefused(1, f"{hung}; try again")
    await until(lambda: trainer.process is not None)
    trainer.predict((origin,), foreseen.put_nowait)
    again = await foreseen.get()
    assert isinstance(again, Prediction), again
    assert (again.number, again.version, len(again.labels)) == (2, 7, 1)
    running_trainer.cancel()
    await trainer.close()


@story
async def test_records_that_no_model_can_read_are_told_and_the_process_lives_on() -> None:
    text = PETS.replace('["cat", "dog"]', '["cat", "dog"], kind_of = "numbers"')
    trainer, _ = await loaded(text)
    good, bad = (NewRecord(str(n), numbers=(("a", float(n)),)) for n in range(2))
    odd = NewRecord("odd", numbers=(("a", 1e300),))
    wide = NewRecord("wide", numbers=(("a", 1.0), ("b", 2.0)))
    told = Told(trainer, [AddRecords((good, bad)), AddLabels((0, 1), (0, 1), (False, False))])
    running_trainer = asyncio.create_task(trainer.run())
    trainer.train(2)
    assert isinstance(await told.results.get(), Trained)
    foreseen: asyncio.Queue[PredictionReply] = asyncio.Queue()
    for asked in ((odd,), (wide,), (), (good,)):
        trainer.predict(asked, foreseen.put_nowait)
    assert await foreseen.get() == PredictionRefused(1, "record odd has a number that is too large")
    assert await foreseen.get() == PredictionRefused(2, "record wide has 2 numbers, expected 1")
    assert await foreseen.get() == Prediction(3, 1)
    assert isinstance(await foreseen.get(), Prediction)
    trainer.send(AddRecords((wide,)))
    trainer.train(2)
    assert await told.results.get() == TrainingRefused("record wide has 2 numbers, expected 1")
    assert trainer.restarts == 0
    running_trainer.cancel()
    await trainer.close()


@pytest.mark.slow
@story
async def test_a_run_whose_learner_hangs_labels_on_at_random_and_says_why(tmp_path: Path) -> None:
    text = GENERATED + "learning.timeout = 0.4\n"
    async with running(options_for(tmp_path, text, seats=0)) as place:
        bot = await place.worker("bot")
        train = await bot.hear_a(TrainingAssigned)
        assert place.run.trainer is not None
        assert place.run.trainer.process is not None
        os.kill(place.run.trainer.process.pid, signal.SIGSTOP)
        await bot.say(Qualification(right(train.records)))
        await answer_rightly(bot, await bot.hear_until(TaskAssigned), times=5)
        await until(lambda: place.run.trainer is not None and place.run.trainer.restarts == 1)
        await place.turn()
        labelled = len(place.run.label_log)
    with open_run(tmp_path / "run.db") as file:
        warnings = [row.message for row in file.tables().warnings]
    assert labelled >= 10
    assert [text for text in warnings if text.endswith("records are chosen at random")] == [
        "no new model: the training process said nothing for 0.8 s; records are chosen at random"
    ]


@story
async def test_what_is_wrong_with_the_data_is_told_as_the_error_it_is() -> None:
    trainer = TrainerProcess(
        Load('dataset = {kind = "csv", path = "no-such.csv", label = "x", text = "t"}', "."), 60.0
    )
    with pytest.raises(DatasetError, match=r"no-such\.csv"):
        await trainer.load()
    await trainer.close()


@story
async def test_a_live_run_learns_while_it_labels(tmp_path: Path) -> None:
    options = options_for(tmp_path, GENERATED, seats=0)
    async with running(options) as place:
        bot = await place.worker("bot")
        train = await bot.hear_a(TrainingAssigned)
        await bot.say(Qualification(right(train.records)))
        await answer_rightly(bot, await bot.hear_until(TaskAssigned), times=5)
        while place.run.engine.retraining.version == 0:
            await place.turn()
        accuracy = place.run.engine.retraining.accuracy
        assert accuracy is not None
        assert accuracy > 0.5


def test_the_coordinator_itself_never_imports_numpy() -> None:
    code = (
        "import sys, clamshell_tui.coordinator.serve;"
        "print([name for name in ('numpy', 'scipy', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_texts_of_a_run_without_learning_are_read_without_scikit_learn(tmp_path: Path) -> None:
    (tmp_path / "pets.csv").write_text("text,pet\nmeow,cat\nwoof,dog\n")
    scenario = (
        'dataset = {kind = "csv", path = "pets.csv", text = "text", label = "pet"}\n'
        "requester.gold = 0\nqualification.enabled = false\nlearning.enabled = false\n"
    )
    code = (
        "import sys; from clamshell_tui.coordinator.trainer_process import Load, RequestServer;"
        "print(*RequestServer().reply(Load(*sys.argv[1:])).texts, 'sklearn' in sys.modules)"
    )
    command = [sys.executable, "-c", code, scenario, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "meow woof False\n"


@pytest.mark.slow
@story
async def test_texts_that_came_over_the_wire_make_a_model_that_predicts_after_a_restart_too(
    tmp_path: Path,
) -> None:
    text = PETS.replace("learning.enabled = false", "learning.enabled = true").replace(
        "enabled = true\n", "enabled = true\nlearning.holdout = 0.0\n", 1
    )
    async with (
        running(options_for(tmp_path, text)) as place,
        await place.staff("requester") as requester,
    ):
        sounds = {f"{n}": "meow purr" if n % 2 else "woof bark" for n in range(12)}
        records = tuple(NewRecord(name, text=sound) for name, sound in sounds.items())
        await requester.ask(Submit(records), Submitted)
        worker, task = await place.working()
        for _ in range(11):
            label = 0 if "meow" in (task.records[0].text or "") else 1
            done = await worker.ask(Answer(task.assignment, (label,)), Acknowledged)
            assert done.next is not None
            task = done.next
        while place.run.engine.retraining.labels_used < 11:
            await place.turn()
        asked = (NewRecord("x", text="purr"), NewRecord("y", text="bark bark"))
        said = await requester.ask(Predict(asked), Predicted)
        assert said.labels == ("cat", "dog")
        assert all(0.5 < share <= 1 for share in said.probabilities)
        assert said.model >= 1
    async with (
        running(options_for(tmp_path, text)) as place,
        await place.staff("requester") as requester,
    ):
        again = await requester.ask(Predict(asked), Predicted)
        assert (again.model, again.labels) == (said.model, said.labels)
        assert again.probabilities == pytest.approx(said.probabilities, abs=1e-3), (
            "the same model but for where its training began, made again of the journal's labels"
        )
        assert place.run.engine.retraining.version == said.model
