"""Loading of valid data: the built-in sources, and files in several shapes."""

import subprocess
import sys
from pathlib import Path
from statistics import mean

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from clamshell_tui.datasets.config import (
    CsvConfig,
    DatasetConfig,
    DigitsConfig,
    GeneratedConfig,
    JsonlConfig,
    Use,
)
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError

HERE = Path()


def generated(difficulty: float, seed: int = 1, classes: int = 2, features: int = 20) -> Dataset:
    config = GeneratedConfig(difficulty=difficulty, classes=classes, features=features)
    return load(config, base=HERE, seed=seed)


def dense(dataset: Dataset) -> NDArray[np.float32]:
    assert isinstance(dataset.features, np.ndarray)
    return dataset.features


def test_data_are_described_and_rows_are_read_and_sent_without_numpy() -> None:
    code = "import sys, clamshell_tui.cli.label; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_kind_and_its_keys_are_read_strictly() -> None:
    read = msgspec.json.Decoder(DatasetConfig).decode
    assert read(b'{"kind": "digits", "records": 50}') == DigitsConfig(records=50)
    assert read(b'{"kind": "csv", "path": "x", "text": ["a", "b"]}') == CsvConfig(
        path="x", text=("a", "b")
    )
    with pytest.raises(msgspec.ValidationError, match="recods"):
        read(b'{"kind": "digits", "recods": 50}')


def test_digits_are_images_with_brightness_from_0_to_1() -> None:
    digits = load(DigitsConfig(), base=HERE, seed=1)
    assert len(digits) == 1797
    assert digits.features.shape == (1797, 64)
    assert digits.features.dtype == np.float32
    assert (digits.features.min(), digits.features.max()) == (0, 1)
    assert isinstance(digits.images, np.ndarray)
    assert digits.images.shape == (1797, 8, 8)
    assert (digits.images.min(), digits.images.max()) == (0, 255)
    assert digits.truth[:4].tolist() == [0, 1, 2, 3]


def test_loaded_data_are_shared_between_seeds_and_cannot_be_changed() -> None:
    first = load(DigitsConfig(records=100), base=HERE, seed=1)
    assert load(DigitsConfig(records=100), base=HERE, seed=2) is first
    with pytest.raises(ValueError, match="read-only"):
        first.truth[0] = 5


def test_generated_data_follow_the_seed() -> None:
    first = dense(generated(0.25, seed=3))
    generated(0.25, seed=4), generated(0.25, seed=5)  # more than the process remembers
    assert np.array_equal(first, dense(generated(0.25, seed=3)))
    assert not np.array_equal(first, dense(generated(0.25, seed=4)))


@pytest.mark.parametrize(("classes", "features"), [(2, 20), (5, 20), (2, 4)])
def test_difficulty_makes_generated_data_harder_to_learn(classes: int, features: int) -> None:
    from sklearn.linear_model import LogisticRegression

    def accuracy(difficulty: float, seed: int) -> float:
        data = generated(difficulty, seed, classes, features)
        model = LogisticRegression(max_iter=1000).fit(data.features[:500], data.truth[:500])
        return float(model.score(data.features[500:], data.truth[500:]))

    easy, middling, hard = (
        mean(accuracy(difficulty, seed) for seed in range(5)) for difficulty in (0.0, 0.5, 1.0)
    )
    assert easy > 0.95
    assert easy > middling + 0.03
    assert middling > hard + 0.1


def test_too_few_features_for_the_classes_is_an_error() -> None:
    with pytest.raises(DatasetError, match="3 features cannot separate 10 classes"):
        generated(0.5, classes=10, features=3)


def test_numeric_columns_are_features_by_default(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(
        "id,a,name,b,y\nr1, 1.5 ,x,-2e3,cat\nr2,.5,y,4,\n\nr3,1,z,7,dog\n"
    )
    dataset = load(CsvConfig(path="d.csv", id="id", label="y"), base=tmp_path, seed=1)
    assert dense(dataset).tolist() == [[1.5, -2000], [0.5, 4], [1, 7]]
    assert dataset.ids == ("r1", "r2", "r3")
    assert dataset.classes == ("cat", "dog")
    assert dataset.truth.tolist() == [0, -1, 1]
    assert dataset.texts is None


def by_default(folder: Path, content: str, **keys: object) -> Dataset:
    """Return the records of a CSV file without a setting for the features."""
    (folder / "d.csv").write_text(content)
    config = msgspec.convert({"path": "d.csv", "classes": ("n", "y"), **keys}, CsvConfig)
    return load(config, base=folder, seed=1)


@pytest.mark.parametrize("row", range(3))
def test_which_columns_are_numbers_does_not_depend_on_the_order_of_the_rows(
    tmp_path: Path, row: int
) -> None:
    """A column that is a number in most rows is a feature, or the file is refused; never less."""
    rows = ["1,2", "3,4", "5,6"]
    rows[row] = ",2"
    with pytest.raises(DatasetError, match=f"line {row + 2}, column a"):
        by_default(tmp_path, "a,b\n" + "\n".join(rows) + "\n")


def test_a_column_that_the_model_does_not_see_is_named_with_the_reason(tmp_path: Path) -> None:
    dataset = by_default(tmp_path, "site,empty,a\n7,,1.5\nnorth,,2\nsouth,,4\n")
    assert dense(dataset).tolist() == [[1.5], [2], [4]]
    assert dataset.feature_names == ("a",)
    assert dataset.notes == (
        'the model does not see column "site": "north" (line 3) is not a number',
        'the model does not see column "empty": it is empty',
    )


def test_very_many_columns_that_are_left_out_are_all_named(tmp_path: Path) -> None:
    header = ",".join(f"t{n}" for n in range(40))
    dataset = by_default(tmp_path, f"a,{header}\n1{',x' * 40}\n2{',x' * 40}\n")
    assert len(dataset.notes) == 11
    assert all(f'"t{n}"' in " ".join(dataset.notes) for n in range(40))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Unnamed: 0", [5, 5, 2]),  # of tables that were put together and shuffled
        ("index", [3, 1, 2]),
        ("row_id", [30, 10, 20]),
        ("whatever", list(range(20))),
        ("whatever", list(range(1, 31))),
    ],
)
def test_an_index_is_no_feature_and_named(tmp_path: Path, name: str, values: list[int]) -> None:
    lines = "".join(f"{value},{n % 2}.5\n" for n, value in enumerate(values))
    dataset = by_default(tmp_path, f"{name},a\n{lines}")
    assert dataset.feature_names == ("a",)
    assert dense(dataset).shape == (len(values), 1)
    assert f'column "{name}": it numbers the rows' in dataset.notes[0]


@pytest.mark.parametrize(
    ("name", "values"),
    [("row", [1, 1, 2]), ("index", [0.5, 1, 2]), ("day", [0, 1, 2]), ("day", [*range(29), 30])],
)
def test_what_does_not_number_the_rows_is_a_feature(
    tmp_path: Path, name: str, values: list[float]
) -> None:
    lines = "".join(f"{value},{n % 2}.5\n" for n, value in enumerate(values))
    assert by_default(tmp_path, f"{name},a\n{lines}").feature_names == (name, "a")


def test_the_only_number_and_an_index_that_is_asked_for_are_features(tmp_path: Path) -> None:
    lines = "".join(f"{number},x\n" for number in range(30))
    assert by_default(tmp_path, f"index,a\n{lines}").feature_names == ("index",)
    lines = lines.replace("x", "1.5")
    seen = by_default(tmp_path, f"index,a\n{lines}", features=("index", "a"))
    assert seen.feature_names == ("index", "a")


def test_a_file_without_a_header_is_read_from_row_1(tmp_path: Path) -> None:
    dataset = by_default(tmp_path, "0.1,0.2\n1.5,2\n", header=False)
    assert dense(dataset).tolist() == [[pytest.approx(0.1), pytest.approx(0.2)], [1.5, 2]]
    assert dataset.feature_names == ("1", "2")


@pytest.mark.parametrize("header", ["0,1,2,3", "1,2,3,4", "label,0,1,2,3", "a2,b,c,d", ",0,1"])
def test_columns_may_be_called_by_numbers_that_count(tmp_path: Path, header: str) -> None:
    row = ",".join("5" for _ in header.split(","))
    assert len(by_default(tmp_path, f"{header}\n{row}\n")) == 1


def test_text_may_be_shown_while_other_columns_are_learned_from(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("title,body,a,b\nOne,first,1,2\nTwo,second,3,4\n")
    config = CsvConfig(path="d.csv", text=("title", "body"), features="b", classes=("n", "y"))
    dataset = load(config, base=tmp_path, seed=1)
    assert dataset.texts == ("One\nfirst", "Two\nsecond")
    assert dense(dataset).tolist() == [[2], [4]]
    assert dataset.ids == ("0", "1")


@pytest.mark.parametrize(("vectoriser", "width"), [("tfidf", 4), ("hashing", 64)])
def test_text_becomes_sparse_float32_rows_of_unit_length(
    tmp_path: Path, vectoriser: str, width: int
) -> None:
    (tmp_path / "d.jsonl").write_text(
        '{"text": "red apple", "label": "fruit"}\n{"text": "red brick wall"}\n'
    )
    config = msgspec.structs.replace(
        JsonlConfig(path="d.jsonl", text="text", label="label", classes=("fruit", "thing")),
        vectoriser=vectoriser,
        max_features=64,
    )
    dataset = load(config, base=tmp_path, seed=1)
    assert isinstance(dataset.features, csr_matrix)
    assert dataset.features.dtype == np.float32
    assert dataset.features.shape == (2, width)
    assert np.asarray(dataset.features.multiply(dataset.features).sum(axis=1)) == pytest.approx(1)
    assert dataset.truth.tolist() == [0, -1]


def test_lists_of_numbers_in_jsonl_are_laid_out(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(
        '{"id": 7, "size": 1, "pixels": [2, 3.5], "ok": true}\n'
        '{"id": "b", "size": 4, "pixels": [5, 6], "ok": false}\n'
    )
    config = JsonlConfig(path="d.jsonl", id="id", classes=("n", "y"))
    dataset = load(config, base=tmp_path, seed=1)
    assert dense(dataset).tolist() == [[1, 2, 3.5], [4, 5, 6]]
    assert dataset.ids == ("7", "b")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    config = CsvConfig(path="d.csv", classes=("n", "y"))
    (tmp_path / "d.csv").write_text("a\n1\n")
    assert len(load(config, base=tmp_path, seed=1)) == 1
    (tmp_path / "d.csv").write_text("a\n1\n2\n")
    assert len(load(config, base=tmp_path, seed=1)) == 2


def test_the_column_of_uses_is_read_and_a_known_answer_is_required(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    config = CsvConfig(path="d.csv", text="t", label="l", use="u")
    file.write_text("t,l,u\naa,x,seed\nbb,y,\ncc,,work\n")
    assert load(config, base=tmp_path, seed=1).use == (Use.SEED, None, Use.WORK)
    file.write_text("t,l,u\naa,x,seed\nbb,y,gold \ncc,,hold-out\n")
    with pytest.raises(DatasetError, match='line 4: hold-out "2" has no known answer'):
        load(config, base=tmp_path, seed=1)
    file.write_text("t,l,u\naa,x,train\n")
    with pytest.raises(DatasetError, match='"train" is none of work, gold, training, '):
        load(config, base=tmp_path, seed=1)
