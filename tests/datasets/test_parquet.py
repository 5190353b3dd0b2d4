"""Parquet, as pandas and Hugging Face write it."""

from pathlib import Path

import pytest

from clamshell_tui.datasets.config import ParquetConfig
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError

pyarrow = pytest.importorskip("pyarrow", reason="needs pyarrow (the extra parquet)")

CONFIG = ParquetConfig(path="d.parquet", id="id", text="text", label="label")


def write(folder: Path, **columns: object) -> None:
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), folder / "d.parquet")


def test_columns_follow_the_rules_of_other_files(tmp_path: Path) -> None:
    labels = [1.0, 0.0, float("nan"), None]
    write(tmp_path, id=[7, 8, 9, 10], text=["one word", "two", "three", "four"], label=labels)
    dataset = load(CONFIG, base=tmp_path, seed=1)
    assert dataset.ids == ["7", "8", "9", "10"]
    assert dataset.classes == ("0", "1")
    assert dataset.truth.tolist() == [1, 0, -1, -1]


def test_the_index_of_pandas_is_no_feature(tmp_path: Path) -> None:
    columns = {"a": [0.5, 1.5, 2.5], "__index_level_0__": [5, 7, 9], "y": ["n", "y", "n"]}
    write(tmp_path, **columns)
    config = ParquetConfig(path="d.parquet", label="y")
    assert load(config, base=tmp_path, seed=1).feature_names == ("a",)


def test_a_file_that_is_none_or_damaged_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.parquet").write_text("id,text\n1,x\n")
    with pytest.raises(DatasetError, match="is not a Parquet file"):
        load(CONFIG, base=tmp_path, seed=1)
    write(tmp_path, id=["a"], text=["x"], label=["y"])
    (tmp_path / "d.parquet").write_bytes((tmp_path / "d.parquet").read_bytes()[:-40])
    with pytest.raises(DatasetError, match=r"d\.parquet is damaged: .* Fetch it again"):
        load(CONFIG, base=tmp_path, seed=1)
