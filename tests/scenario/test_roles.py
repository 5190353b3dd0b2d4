"""Roles of records: seeds, gold, hold-out and work."""

from collections.abc import Sequence

import numpy as np
import pytest

from clamshell_tui.datasets.config import Use
from clamshell_tui.datasets.copies import groups_of
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.errors import DatasetError
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.scenario.roles import Roles, assign_roles


def data(
    truth: Sequence[int],
    texts: Sequence[str] | None = None,
    use: Sequence[Use | None] | None = None,
) -> Dataset:
    count = len(truth)
    return Dataset(
        name="d",
        ids=[f"r{index}" for index in range(count)],
        features=np.arange(2 * count, dtype=np.float32).reshape(count, 2),
        classes=("n", "y"),
        truth=np.array(truth),
        texts=texts or [f"text {index}" for index in range(count)],
        use=use,
    )


def roles(dataset: Dataset, *, seed: int = 1, gold: int = 2, holdout: float = 0.25) -> Roles:
    scenario = parse_scenario(
        f"seed = {seed}\nqualification.records = 1\nrequester.gold = {gold}\n"
        f"learning.holdout = {holdout}\n",
        "test",
    )
    return assign_roles(dataset, scenario)


def held(found: Roles) -> list[str]:
    return [] if found.held_out is None else list(found.held_out.ids)


HALF_KNOWN = [0, 1] * 20 + [-1] * 60


def test_known_answers_of_a_partly_labelled_file_train_the_model() -> None:
    found = roles(data(HALF_KNOWN))

    assert (len(held(found)), found.gold, found.seeds) == (10, 2, 28)
    assert sorted([*found.records.ids, *held(found)]) == sorted(data(HALF_KNOWN).ids)
    assert (found.records.truth[:30] >= 0).all()
    assert (found.records.truth[30:] == -1).all()
    assert sorted(found.gold_answers) == [28, 29]
    assert "28 records have a known answer" in found.records.notes[-1]


def test_a_file_of_known_answers_is_labelled_as_a_simulation() -> None:
    found = roles(data([0, 1] * 20))

    assert (len(held(found)), found.gold, found.seeds, len(found.records)) == (10, 2, 0, 30)


def test_the_hold_out_depends_on_the_seed() -> None:
    dataset = data(HALF_KNOWN)

    assert held(roles(dataset)) == held(roles(dataset))
    assert len({tuple(held(roles(dataset, seed=seed))) for seed in range(8)}) > 1


def test_gold_records_need_known_answers() -> None:
    with pytest.raises(DatasetError, match="need as many known answers"):
        roles(data([-1] * 20))


def test_a_hold_out_of_everything_is_an_error() -> None:
    with pytest.raises(DatasetError, match="leaves no record to label"):
        roles(data([0, 1]), holdout=0.9)


def test_the_file_may_say_the_use_of_each_record() -> None:
    uses = [Use.SEED] * 3 + [Use.GOLD] * 4 + [Use.HOLD_OUT] * 5 + [Use.WORK] * 6 + [None] * 2
    found = roles(data([0, 1] * 9 + [-1, -1], use=uses))

    assert list(found.records.ids[:7]) == [f"r{index}" for index in range(7)]
    assert (found.seeds, found.gold, len(found.records)) == (3, 4, 15)
    assert held(found) == [f"r{index}" for index in range(7, 12)]


@pytest.mark.parametrize("copy", [str, str.upper, "{}!".format, "  {} ".format, "\u200b{}".format])
def test_copies_of_a_text_are_all_held_out_or_all_labelled(copy: type[str]) -> None:
    texts = [f"text number {index}" for index in range(50)]
    dataset = data([0, 1] * 50, [*texts, *map(copy, texts)])
    for seed in range(5):
        found = roles(dataset, seed=seed)
        assert found.held_out is not None
        assert len(found.held_out) == 24  # 25 is odd, and copies stay together
        numbers = [
            {int(name[1:]) % 50 for name in part.ids} for part in (found.held_out, found.records)
        ]
        assert not numbers[0] & numbers[1]


def test_a_known_record_whose_copy_is_unknown_is_not_held_out() -> None:
    texts = [f"text {index}" for index in range(40)]
    found = roles(data([0, 1] * 20 + [-1] * 20, [*texts, *texts[:20]]))

    assert all(int(name[1:]) >= 20 for name in held(found))


def test_data_of_few_values_have_no_copies() -> None:
    dataset = data([0, 1] * 50, ["yes", "no"] * 50)

    assert len(np.unique(groups_of(dataset))) == 100


def test_a_run_knows_what_its_accuracy_is_measured_on() -> None:
    found = roles(data([0, 0, 0, 1] * 25))

    assert found.held_out is not None
    zeros = int((found.held_out.truth == 0).sum())
    assert found.meta == {"held_out": "25", "held_out_largest_class": f"{zeros / 25:.4f}"}
    assert roles(data([0, 1] * 20), holdout=0.0).meta == {}


RESERVED = [Use.CHECK] * 2 + [Use.WORK] * 6 + [Use.TRAINING] + [Use.QUALIFICATION] * 3 + [None] * 4


def test_known_answers_may_serve_one_purpose_only() -> None:
    found = roles(data([0, 1] * 8, use=RESERVED), holdout=0)
    uses = {found.records.ids[number]: use for number, use in found.uses.items()}

    assert uses == {
        "r0": "check",
        "r1": "check",
        "r8": "training",
        **dict.fromkeys(("r9", "r10", "r11"), "qualification"),
    }
    assert found.gold_answers.keys() == found.uses.keys()
    assert (found.gold, len(found.records)) == (6, 16)  # no further gold is drawn


def test_a_known_answer_without_a_use_is_asked_if_the_file_has_checks() -> None:
    uses = [Use.CHECK, Use.QUALIFICATION, None, None, None, None]
    found = roles(data([0, 1, 0, 1, -1, -1], use=uses), holdout=0)
    assert (found.seeds, found.gold, len(found.records)) == (0, 2, 6)


def test_uses_that_leave_nothing_to_label_are_an_error() -> None:
    with pytest.raises(DatasetError, match=r"^\S+: the uses leave no record to label\. Give fewer"):
        roles(data([0, 1], use=[Use.CHECK] * 2), holdout=0)


def test_a_qualification_without_records_of_its_own_is_refused() -> None:
    with pytest.raises(DatasetError, match=r'qualification.enabled needs .*"qualification" or "go'):
        roles(data([0, 1] * 4, use=[Use.CHECK] * 4 + [Use.WORK] * 4), holdout=0)
