"""MNIST and CIFAR-10 as published: what the workers see of them, and what the model."""

from pathlib import Path

import numpy as np
import pytest

from clamshell_tui.coordinator.records import Records
from clamshell_tui.coordinator.trainer_messages import Load, Loaded
from clamshell_tui.coordinator.trainer_process import RequestServer
from clamshell_tui.core.ids import RecordId
from clamshell_tui.datasets.config import Cifar10Config, DatasetConfig, MnistConfig, PicturesConfig
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.datasets.picture_features import brightness, gradients
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.wire.parts import Image
from tests.datasets.published import REAL, Bytes, noise, real, write_cifar, write_mnist

DIGITS = noise(6, 28, 28)
PHOTOS = noise(6, 32, 32, 3)


def read(folder: Path, config: DatasetConfig) -> Dataset:
    return load(config, base=folder, seed=1)


def seen(dataset: Dataset) -> Bytes:
    assert isinstance(dataset.images, np.ndarray)
    return dataset.images


@pytest.mark.parametrize("packed", [False, True])
def test_mnist_is_read_plain_or_packed(tmp_path: Path, packed: bool) -> None:
    write_mnist(tmp_path / "mnist", DIGITS, [3, 1, 4, 1, 5, 9], packed=packed)
    dataset = read(tmp_path, MnistConfig(path="mnist"))
    assert np.array_equal(seen(dataset), DIGITS)
    assert dataset.truth.tolist() == [3, 1, 4, 1, 5, 9]
    assert dataset.classes == tuple("0123456789")
    assert dataset.ids[:2] == ["train/0", "train/1"]
    assert dataset.notes == ("there is no record of 0, 2, 6, 7, 8",)


def test_both_parts_of_mnist_are_read_the_training_one_first(tmp_path: Path) -> None:
    write_mnist(tmp_path, DIGITS[:4], [0, 1, 2, 3])
    write_mnist(tmp_path, DIGITS[4:], [4, 5], part="t10k", packed=True)
    assert read(tmp_path, MnistConfig(path=".")).ids[3:] == ["train/3", "t10k/0", "t10k/1"]
    assert len(read(tmp_path, MnistConfig(path=".", part="train"))) == 4
    assert read(tmp_path, MnistConfig(path=".", part="test")).truth.tolist() == [4, 5]


def test_cifar_is_red_green_and_blue_planes_row_by_row(tmp_path: Path) -> None:
    photos = np.zeros((2, 32, 32, 3), dtype=np.uint8)
    photos[0, 0, 31] = (255, 128, 64)  # top right
    write_cifar(tmp_path, "data_batch_1.bin", photos, [2, 0])
    raw = (tmp_path / "data_batch_1.bin").read_bytes()
    assert (raw[0], raw[1 + 31], raw[1 + 1024 + 31], raw[1 + 2048 + 31]) == (2, 255, 128, 64)
    dataset = read(tmp_path, Cifar10Config(path="."))
    assert np.array_equal(seen(dataset), photos)
    assert [dataset.classes[index] for index in dataset.truth] == ["bird", "airplane"]


def test_the_files_of_cifar_are_read_in_order_the_test_part_last(tmp_path: Path) -> None:
    write_cifar(tmp_path, "test_batch.bin", PHOTOS[:1], [0])
    write_cifar(tmp_path, "data_batch_2.bin", PHOTOS[1:3], [0, 0])
    write_cifar(tmp_path, "data_batch_1.bin", PHOTOS[3:6], [2, 2, 2])
    (tmp_path / "batches.meta.txt").write_text("airplane\n")
    assert read(tmp_path, Cifar10Config(path=".")).ids == [
        "data_batch_1/0",
        "data_batch_1/1",
        "data_batch_1/2",
        "data_batch_2/0",
        "data_batch_2/1",
        "test_batch/0",
    ]
    assert len(read(tmp_path, Cifar10Config(path=".", part="train"))) == 5


def test_only_the_classes_asked_for_are_read_in_the_order_asked_for(tmp_path: Path) -> None:
    write_cifar(tmp_path, "data_batch_1.bin", PHOTOS[:4], [2, 9, 0, 2])
    write_cifar(tmp_path, "data_batch_2.bin", PHOTOS[4:], [0, 2])
    config = Cifar10Config(path=".", classes=("bird", "airplane"), records=4)
    dataset = read(tmp_path, config)
    assert dataset.ids == ["data_batch_1/0", "data_batch_1/2", "data_batch_1/3", "data_batch_2/0"]
    assert [dataset.classes[index] for index in dataset.truth] == [
        "bird",
        "airplane",
        "bird",
        "airplane",
    ]
    assert np.array_equal(seen(dataset), PHOTOS[[0, 2, 3, 4]])


def test_pictures_stay_with_their_records(tmp_path: Path) -> None:
    write_mnist(tmp_path, DIGITS, range(6))
    dataset = read(tmp_path, MnistConfig(path="."))
    for part in (dataset.take([4, 1, 2]), dataset.take([0, 5])):
        for image, label in zip(seen(part), part.truth, strict=True):
            assert np.array_equal(image, DIGITS[label])


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_shared(tmp_path: Path) -> None:
    config = MnistConfig(path=".")
    write_mnist(tmp_path, DIGITS, range(6))
    first = read(tmp_path, config)
    assert read(tmp_path, config) is first
    with pytest.raises(ValueError, match="read-only"):
        seen(first)[0, 0, 0] = 1
    write_mnist(tmp_path, DIGITS[:5], range(5))
    assert len(read(tmp_path, config)) == 5


@pytest.mark.parametrize(
    ("config", "widths"),
    [(MnistConfig(path="."), (144, 784)), (Cifar10Config(path="."), (176, 3072))],
)
def test_the_model_sees_gradients_or_raw_pixels(
    tmp_path: Path, config: PicturesConfig, widths: tuple[int, int]
) -> None:
    write_mnist(tmp_path, DIGITS, range(6))
    write_cifar(tmp_path, "test_batch.bin", PHOTOS, range(6))
    from msgspec.structs import replace

    edges = read(tmp_path, config)
    raw = read(tmp_path, replace(config, features="pixels"))
    assert (edges.features.shape[1], raw.features.shape[1]) == widths
    assert edges.features.dtype == raw.features.dtype == np.float32
    assert np.array_equal(seen(edges), seen(raw))
    assert np.allclose(np.asarray(raw.features) * 255, seen(raw).reshape(6, -1), atol=1e-4)


def test_gradients_tell_upright_edges_from_level_ones_and_not_how_bright_they_are() -> None:
    upright = np.zeros((1, 28, 28), dtype=np.uint8)
    upright[:, :, 14:] = 200
    level = upright.transpose(0, 2, 1)
    one, other, faint = (gradients(image)[0, :128] for image in (upright, level, upright // 2))
    assert one @ other < 0.1 * (one @ one)
    assert np.allclose(one, faint, atol=0.01)


def test_gradients_are_within_0_and_1_whatever_the_size_or_the_picture() -> None:
    for images in (DIGITS, PHOTOS, noise(3, 5, 7), np.full((2, 28, 28), 255, dtype=np.uint8)):
        features = gradients(images)
        assert np.isfinite(features).all()
        assert 0 <= features.min() <= features.max() <= 1
    assert not gradients(np.zeros((1, 28, 28), dtype=np.uint8)).any()


def test_a_picture_has_the_same_gradients_among_many_as_alone() -> None:
    many = noise(1003, 8, 8)
    together = gradients(many)
    for row in (0, 999, 1000, 1002):
        assert np.allclose(together[row], gradients(many[row : row + 1])[0], atol=1e-6)


@pytest.mark.parametrize("kind", ["mnist", "cifar-10"])
def test_a_live_run_sends_the_pictures_as_they_are(tmp_path: Path, kind: str) -> None:
    write_mnist(tmp_path, DIGITS, range(6))
    write_cifar(tmp_path, "test_batch.bin", PHOTOS, range(6))
    images = DIGITS if kind == "mnist" else PHOTOS
    text = (
        f'dataset = {{kind = "{kind}", path = "."}}\nlearning.holdout = 0\n'
        "requester.gold = 1\nqualification.enabled = false\n"
    )
    parse_scenario(text, "test")
    loaded = RequestServer().reply(Load(text, str(tmp_path)))
    assert isinstance(loaded, Loaded)
    catalogue = Records(loaded)
    for number in range(6):
        record = catalogue.record(RecordId(number), with_truth=True)
        assert record.truth is not None
        height, width, *rest = images.shape[1:]
        pixels = images[record.truth].tobytes()
        assert record.image == Image(width, height, 3 if rest else 1, pixels)


@real("mnist")
def test_the_published_mnist_is_read_and_can_be_learned() -> None:
    dataset = read(REAL, MnistConfig(path="mnist", part="test"))
    assert len(dataset) == 10_000
    assert dataset.truth[:5].tolist() == [7, 2, 1, 0, 4]
    assert learned(dataset, brightness(seen(dataset))) > 0.8
    assert learned(dataset, np.asarray(dataset.features)) > 0.9


@real("cifar-10")
def test_the_published_cifar_is_read_and_edges_teach_more_of_it_than_pixels() -> None:
    config = Cifar10Config(path="cifar-10", classes=("airplane", "bird"))
    dataset = read(REAL, config)
    assert len(dataset) == 4_000
    raw = learned(dataset, brightness(seen(dataset)))
    assert learned(dataset, np.asarray(dataset.features)) > raw + 0.05 > 0.7


def learned(dataset: Dataset, features: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """The accuracy of a linear model of 500 labels on 1,000 other records."""
    from sklearn.linear_model import LogisticRegression

    rows = np.random.default_rng(1).permutation(len(dataset))
    train, test = rows[:500], rows[500:1500]
    model = LogisticRegression(max_iter=300, tol=0.01).fit(features[train], dataset.truth[train])
    return float(model.score(features[test], dataset.truth[test]))
