"""A large file is read line by line, in little time and memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from clamshell_tui.datasets.config import CsvConfig
from clamshell_tui.datasets.packed import TextPacker
from clamshell_tui.datasets.vectoriser import fitted, rows_of, vectorise
from clamshell_tui.datasets.word_weights import weights_of

MEASURE = """
import sys, time
from pathlib import Path
from clamshell_tui.datasets.config import CsvConfig
from clamshell_tui.datasets.loader import load
config = CsvConfig(path="d.csv", id="id", text="text", label="label")
assert len(load(config, base=Path(sys.argv[1]), seed=1)) == int(sys.argv[2])
status = Path("/proc/self/status").read_text()  # ru_maxrss begins with that of the parent
peak = int(status.split("VmHWM:")[1].split()[0])
print(time.process_time(), peak / 1024)
"""


def texts(count: int, seed: int = 1) -> list[str]:
    rng = np.random.default_rng(seed)
    words = [f"word{n}" for n in range(300)]
    return [" ".join(rng.choice(words, rng.integers(0, 12))) for _ in range(count)]


@pytest.mark.parametrize("most", [20_000, 50])
def test_weights_of_words_are_those_of_scikit_learn(most: int) -> None:
    some = texts(700)
    expected = TfidfVectorizer(max_features=most, dtype=np.float32).fit(some).transform(some)
    found = weights_of(some, lambda text: text.split(), most)
    assert found is not None
    assert found.dtype == np.float32
    assert np.array_equal(found.data, expected.data)
    assert np.array_equal(found.indices, expected.indices)
    assert np.array_equal(found.indptr, expected.indptr)


@pytest.mark.parametrize("extra", ["", " \u597d\u7684 \U0001f600"])
def test_the_rows_of_a_run_are_those_of_the_vectoriser_that_it_predicts_with(extra: str) -> None:
    config = CsvConfig(path="d.csv", max_features=100)
    some = [text + extra for text in texts(200)]
    assert (vectorise(some, config) != rows_of(some, fitted(some, config))).nnz == 0


def test_packed_texts_are_a_sequence() -> None:
    packer = TextPacker()
    given = [f"text {n} " + "\u00e9" * (n % 3) for n in range(2500)]
    for text in given:
        packer.add(text)
    packed = packer.packed()
    assert packed == given
    assert [packed[0], packed[-1], packed[1000]] == [given[0], given[-1], given[1000]]
    assert packed[5:8] == given[5:8]
    with pytest.raises(IndexError):
        packed[2500]


@pytest.mark.slow
def test_a_million_rows_take_15_seconds_and_400_megabytes(tmp_path: Path) -> None:
    some = texts(1000)
    with (tmp_path / "d.csv").open("w") as file:
        file.write("id,text,label\n")
        file.writelines(
            f"r{n},good {some[n % 1000]},{'pos' if n % 2 else 'neg'}\n" for n in range(1_000_000)
        )
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path), "1000000"],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes = map(float, done.stdout.split())
    assert seconds < 15
    assert megabytes < 400
