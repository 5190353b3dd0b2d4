"""PNG and JPEG pictures in a folder: their answers, sizes and colours, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clamshell_tui.coordinator.records import Records
from clamshell_tui.coordinator.trainer_messages import Load, Loaded
from clamshell_tui.coordinator.trainer_process import RequestServer
from clamshell_tui.core.ids import RecordId
from clamshell_tui.datasets.config import FolderConfig, Use
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.datasets.loader import load
from clamshell_tui.errors import DatasetError
from clamshell_tui.scenario.load import parse_scenario

PIL = pytest.importorskip("PIL.Image", reason="needs Pillow (the extra pictures)")


def save(file: Path, width: int = 40, height: int = 30, mode: str = "RGB", **how: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    channels = {"L": 1, "RGB": 3, "RGBA": 4}.get(mode, 1)
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, channels), np.uint8)
    image = PIL.fromarray(pixels.squeeze() if channels == 1 else pixels)
    (image if image.mode == mode else image.convert(mode)).save(file, **how)


def read(folder: Path, **keys: Any) -> Dataset:
    return load(FolderConfig(path=".", **keys), base=folder, seed=1)


def shown(dataset: Dataset) -> tuple[NDArray[np.uint8], ...]:
    assert isinstance(dataset.images, tuple)
    return dataset.images


def answers(dataset: Dataset) -> list[str | None]:
    return [None if index == UNKNOWN else dataset.classes[index] for index in dataset.truth]


def test_the_folder_of_a_picture_is_its_known_answer(tmp_path: Path) -> None:
    for name in ("cat/1.png", "dog/1.JPG", "dog/deep/2.jpeg", "loose.png", ".hidden/x.png"):
        save(tmp_path / name)
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    dataset = read(tmp_path)
    assert list(dataset.ids) == ["cat/1.png", "dog/1.JPG", "dog/deep/2.jpeg", "loose.png"]
    assert dataset.classes == ("cat", "dog")
    assert answers(dataset) == ["cat", "dog", "dog", None]
    assert answers(read(tmp_path, label="none", classes=("a", "b"))) == [None] * 4
    assert len(read(tmp_path, records=2)) == 2


def test_parts_of_a_data_set_are_no_answers(tmp_path: Path) -> None:
    for part in ("train", "val"):
        for name in ("ant", "bee"):
            save(tmp_path / part / name / "1.png")
    assert answers(read(tmp_path)) == ["ant", "bee", "ant", "bee"]


def test_pictures_keep_their_shape_within_the_wanted_size(tmp_path: Path) -> None:
    save(tmp_path / "wide.png", 400, 100)
    save(tmp_path / "tall.jpg", 100, 400)
    save(tmp_path / "small.png", 20, 10)
    dataset = read(tmp_path, classes=("a", "b"))
    assert [image.shape for image in shown(dataset)] == [(10, 20, 3), (128, 32, 3), (32, 128, 3)]
    assert dataset.features.shape[0] == 3
    small = read(tmp_path, classes=("a", "b"), size=16)
    assert max(max(image.shape) for image in shown(small)) == 16


def test_colours_greys_and_transparency_are_read(tmp_path: Path) -> None:
    save(tmp_path / "1.png", mode="L")
    save(tmp_path / "2.png", mode="P")
    save(tmp_path / "3.jpg", mode="CMYK")
    PIL.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "4.png")
    images = shown(read(tmp_path, classes=("a", "b")))
    assert [image.ndim for image in images] == [2, 3, 3, 3]
    assert (images[3] == 255).all()  # transparent: white


def test_a_photo_is_turned_as_the_camera_says(tmp_path: Path) -> None:
    exif = PIL.Exif()
    exif[0x0112] = 6  # turned to the right
    save(tmp_path / "1.jpg", 40, 20, exif=exif)
    assert shown(read(tmp_path, classes=("a", "b")))[0].shape == (40, 20, 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "bad.png is neither PNG nor JPEG, or damaged. Save it again, or remove it"),
        (b"GIF89a\x01\0\x01\0", "bad.png is neither PNG nor JPEG"),
        (None, "bad.png is damaged ("),
    ],
)
def test_a_picture_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    save(tmp_path / "bad.png")
    content = content or (tmp_path / "bad.png").read_bytes()[:2000]
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, classes=("a", "b"))
    assert said in str(caught.value)


def test_a_picture_that_is_missing_or_huge_is_named(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    lost = tmp_path / "cats" / "1.png"
    lost.symlink_to("nowhere.png")
    with pytest.raises(DatasetError, match=r"^cats/1.png is a link to a file that is missing"):
        read(tmp_path)
    lost.unlink()
    PIL.new("1", (14_000, 14_000)).save(lost)
    with pytest.raises(DatasetError, match=r"^cats/1.png has .* pixels. Make it smaller$"):
        read(tmp_path, classes=("a", "cats"))


def test_a_folder_without_pictures_or_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no PNG or JPEG pictures"):
        read(tmp_path)
    save(tmp_path / "1.png")
    (tmp_path / "x.webp").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"no classes \(dataset.classes\). List them, or put"):
        read(tmp_path)
    assert read(tmp_path, classes=("a", "b")).notes == (
        "left out, neither PNG nor JPEG: 1 file (x.webp)",
    )


def test_a_live_run_shows_each_picture_in_its_own_size(tmp_path: Path) -> None:
    for n in range(4):
        save(tmp_path / "ab"[n % 2] / f"{n}.png", 20 + n, 30, "L" if n == 3 else "RGB")
    text = (
        'dataset = {kind = "pictures", path = "."}\nlearning.enabled = false\n'
        "requester.gold = 1\nqualification.enabled = false\n"
    )
    parse_scenario(text, "test")
    loaded = RequestServer().reply(Load(text, str(tmp_path)))
    assert isinstance(loaded, Loaded)
    catalogue, dataset = Records(loaded), read(tmp_path)
    for number in range(4):
        record = catalogue.record(RecordId(number), with_truth=False)
        pixels = shown(dataset)[list(dataset.ids).index(record.id)]
        assert record.image is not None
        assert (record.image.height, record.image.width) == pixels.shape[:2]
        assert record.image.pixels == pixels.tobytes()


def test_the_first_folder_may_be_the_use(tmp_path: Path) -> None:
    for name in ("check/cats/1.png", "check/dogs/1.png", "training/cats/2.png", "work/3.png"):
        save(tmp_path / name)
    dataset = read(tmp_path, use="folder")
    assert answers(dataset) == ["cats", "dogs", "cats", None]
    assert dataset.use == (Use.CHECK, Use.CHECK, Use.TRAINING, Use.WORK)
    save(tmp_path / "check" / "4.png")
    with pytest.raises(DatasetError, match=r'^check "check/4\.png" has no known answer$'):
        read(tmp_path, use="folder")
    save(tmp_path / "trial" / "cats" / "5.png")
    with pytest.raises(DatasetError, match=r"^trial/cats/5\.png: not in a folder of a use"):
        read(tmp_path, use="folder")
