"""Each number of a summary can be expected and swept by its path."""

from types import UnionType
from typing import get_args

import pytest
from msgspec import Struct
from msgspec.structs import fields

from clamshell_tui.run.metrics import VOCABULARY
from clamshell_tui.run.summary import (
    BatchMeasures,
    LabelMeasures,
    ModelMeasures,
    WorkerMeasures,
    WorkMeasures,
)

SECTIONS: dict[str, type[Struct]] = {
    "labels": LabelMeasures,
    "model": ModelMeasures,
    "batches": BatchMeasures,
    "work": WorkMeasures,
    "workers": WorkerMeasures,
}


@pytest.mark.parametrize("section", SECTIONS)
def test_each_number_of_a_summary_is_a_metric(section: str) -> None:
    for field in fields(SECTIONS[section]):
        kinds = get_args(field.type) if isinstance(field.type, UnionType) else (field.type,)
        if {int, float} & set(kinds):
            assert f"{section}.{field.name}" in VOCABULARY
