"""Every way in which a folder of MNIST or CIFAR-10 can be wrong, and its error."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clamshell_tui.datasets import picture_files
from clamshell_tui.datasets.config import Cifar10Config, MnistConfig, PicturesConfig
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError, ScenarioError
from clamshell_tui.scenario.load import parse_scenario
from tests.datasets.published import idx, noise, write_cifar, write_mnist

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
BATCH = "data_batch_1.bin"
MNIST = MnistConfig(path="data")
CIFAR = Cifar10Config(path="data")

Damage = Callable[[Path], object]


def cut(name: str, count: int) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:count])


def put(name: str, raw: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(raw)


def drop(*names: str) -> Damage:
    def damage(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return damage


def rename(old: str, new: str) -> Damage:
    return lambda folder: (folder / old).rename(folder / new)


def packed(name: str, change: Callable[[bytes], bytes]) -> Damage:
    def damage(folder: Path) -> None:
        raw = (folder / name).read_bytes()
        (folder / name).unlink()
        (folder / f"{name}.gz").write_bytes(change(gzip.compress(raw, mtime=0)))

    return damage


def swapped(folder: Path) -> None:
    rename(IMAGES, "x")(folder)
    rename(LABELS, IMAGES)(folder)
    rename("x", LABELS)(folder)


def flipped(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 0xFF]) + raw[middle + 1 :]


def two_sizes(folder: Path) -> None:
    write_mnist(folder, noise(2, 20, 20), [1, 2], part="t10k")


EIGHT = bytes([11] * 8)
CASES: list[tuple[str, PicturesConfig, Damage, str]] = [
    ("empty folder", MNIST, drop(IMAGES, LABELS, BATCH), f"data has no {IMAGES} and {LABELS}"),
    ("something else", MNIST, drop(IMAGES, LABELS), "found: data_batch_1.bin"),
    (
        "the other part only",
        MnistConfig(path="data", part="test"),
        drop(),
        "data has no t10k-images-idx3-ubyte",
    ),
    ("no labels", MNIST, drop(LABELS), f"data has {IMAGES} but no {LABELS}. Both are needed"),
    ("no images", MNIST, drop(IMAGES), f"data has {LABELS} but no {IMAGES}. Both are needed"),
    ("swapped", MNIST, swapped, f"{LABELS} begins with 0x00000803, expected 0x00000801"),
    ("not IDX", MNIST, put(IMAGES, b"GIF89a"), f"{IMAGES} begins with 0x47494638, expected"),
    ("empty file", MNIST, put(IMAGES, b""), f"{IMAGES} begins with nothing, expected 0x00000803"),
    ("header cut", MNIST, cut(IMAGES, 9), f"{IMAGES} ends after 9 bytes. Fetch it again"),
    (
        "cut",
        MNIST,
        cut(IMAGES, 1000),
        f"{IMAGES}: 8 x 28 x 28 bytes and the header are 6,288, the file has 1,000. Fetch it again",
    ),
    ("too long", MNIST, put(LABELS, idx(np.arange(8, dtype=np.uint8)) + b"!"), "the file has 17."),
    (
        "counts differ",
        MNIST,
        put(LABELS, idx(np.zeros(7, dtype=np.uint8))),
        f"{IMAGES} holds 8 pictures, {LABELS} 7 labels. Are they of the same set?",
    ),
    ("huge claim", MNIST, put(IMAGES, bytes((0, 0, 8, 3)) + b"\xff" * 12), "the file has 16."),
    ("tiny pictures", MNIST, put(IMAGES, idx(noise(8, 1, 1))), "pictures of 1 x 1 pixels. Is this"),
    ("two sizes", MNIST, two_sizes, "data holds pictures of 20 x 20 and 28 x 28. Read one part"),
    (
        "no such class number",
        MNIST,
        put(LABELS, idx(np.array([0, 1, 11, 3, 4, 5, 6, 7], dtype=np.uint8))),
        f"{IMAGES}, record 2: class 11, expected 0 to 9",
    ),
    ("gzip cut", MNIST, packed(IMAGES, lambda raw: raw[:-20]), f"{IMAGES}.gz is a damaged gzip"),
    ("gzip flipped", MNIST, packed(IMAGES, flipped), f"{IMAGES}.gz is a damaged gzip file"),
    ("gzip in name only", MNIST, packed(IMAGES, lambda raw: b"x" + raw), "is a damaged gzip file"),
    (
        "unknown class",
        Cifar10Config(path="data", classes=("airplane", "brid")),
        drop(),
        'unknown class "brid" (did you mean "bird"?) (dataset.classes)',
    ),
    (
        "one class",
        Cifar10Config(path="data", classes=("bird",)),
        drop(),
        'need >= 2 distinct classes, got 1 ("bird"; dataset.classes)',
    ),
    (
        "class twice",
        Cifar10Config(path="data", classes=("bird", "bird")),
        drop(),
        'class "bird" appears twice',
    ),
    (
        "no record of the classes",
        Cifar10Config(path="data", classes=("ship", "truck")),
        drop(),
        "data holds 0 records of ship, truck",
    ),
    ("no batches", CIFAR, drop(BATCH), "data has no data_batch_1.bin"),
    ("python version", CIFAR, rename(BATCH, "data_batch_1"), "pickle files are not read. Use the"),
    (
        "archive",
        CIFAR,
        rename(BATCH, "cifar-10-binary.tar.gz"),
        "packed archive (dataset.path). Un",
    ),
    (
        "batch cut",
        CIFAR,
        cut(BATCH, 4 * 3073 - 1),
        "data_batch_1.bin: 12291 bytes is not a multiple of 3073",
    ),
    ("batch of another kind", CIFAR, put(BATCH, EIGHT * 3073), "data_batch_1.bin, record 0: class"),
    ("empty batch", CIFAR, put(BATCH, b""), "data holds 0 records of airplane"),
]


def read(folder: Path, config: PicturesConfig) -> Dataset:
    return load(config, base=folder, seed=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with good files of both kinds in ``data``."""
    write_mnist(tmp_path / "data", noise(8, 28, 28), range(8))
    write_cifar(tmp_path / "data", BATCH, noise(4, 32, 32, 3), [0, 2, 2, 0])
    return tmp_path


@pytest.mark.parametrize(
    ("config", "damage", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_bad_pictures_are_refused_in_one_line_that_names_file_and_fault(
    data: Path, config: PicturesConfig, damage: Damage, expected: str
) -> None:
    damage(data / "data")
    with pytest.raises(DatasetError) as caught:
        read(data, config)
    message = str(caught.value)
    assert expected in message
    assert message.isprintable()
    assert len(message) < 300


def test_a_folder_that_is_missing_or_a_file_is_refused(data: Path) -> None:
    for config in (MNIST, CIFAR):
        with pytest.raises(DatasetError, match=r"no such folder: nowhere \(dataset\.path"):
            read(data, type(config)(path="nowhere"))
        with pytest.raises(DatasetError, match=r"_batch_1\.bin is a file, not a folder"):
            read(data, type(config)(path=f"data/{BATCH}"))


def test_what_unpacks_to_more_than_the_limit_is_refused(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_files, "LARGEST", 2**20)
    packed(IMAGES, lambda raw: gzip.compress(bytes(2**22)))(data / "data")
    with pytest.raises(DatasetError, match="holds more than 1 MiB"):
        read(data, MNIST)


def test_escapes_in_a_path_do_not_reach_the_terminal(tmp_path: Path) -> None:
    for config in (MnistConfig(path="a\x1b[2J"), Cifar10Config(path="a\x1b[2J")):
        with pytest.raises(DatasetError) as caught:
            read(tmp_path, config)
        assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ('kind = "mnits", path = "d"', 'unknown kind "mnits" (did you mean "mnist"?)'),
        ('kind = "cifar10", path = "d"', 'unknown kind "cifar10" (did you mean "cifar-10"?)'),
        ('kind = "mnist"', 'needs a key "path"'),
        ('kind = "mnist", path = "d", part = "tests"', '(did you mean "test"?)'),
        ('kind = "mnist", path = "d", feature = "pixels"', '(did you mean "features"?)'),
        ('kind = "mnist", path = "d", records = 1', "write a whole number of at least 2"),
        ('kind = "mnist", path = "d", classes = ["3"]', 'distinct classes, got 1 ("3")'),
    ],
)
def test_a_mistaken_table_is_refused_with_a_suggestion(keys: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(f"dataset = {{{keys}}}\n", "s.toml")
    assert expected in str(caught.value)
    assert "s.toml" in str(caught.value)
