"""Reads PNG and JPEG pictures from a folder, with Pillow (the extra ``pictures``).

A picture in a subfolder has its name as the known answer, as in ``cats/1.jpg`` or
``train/cats/1.jpg``.
"""

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.checks import (
    SourceLine,
    check_classes,
    class_index,
    listed,
    quoted,
    record_id,
)
from clamshell_tui.datasets.config import FolderConfig, Use
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset
from clamshell_tui.datasets.picture_features import brightness, gradients
from clamshell_tui.datasets.picture_files import folder_at, nothing_in
from clamshell_tui.errors import DatasetError, EnvironmentFaultError
from clamshell_tui.formats import count
from clamshell_tui.text import show

Bytes = NDArray[np.uint8]

_READ = (".png", ".jpg", ".jpeg")
_OTHER = (".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".svg")
_PARTS = frozenset(("train", "training", "test", "testing", "val", "valid", "validation", "dev"))
_SEEN = 32  # pixels on each side of what the model sees
_LARGEST = 100_000_000  # pixels of a file; a larger one is not a picture to label
_FEATURES = {"gradients": gradients, "pixels": brightness}


def files_in(config: FolderConfig, base: Path) -> list[Path]:
    """Return the pictures in the folder and below, sorted; without hidden files."""
    folder = folder_at(base, config.path)
    found = sorted(file for file in _walk(folder) if file.suffix.lower() in _READ)
    if not found:
        names = sorted(entry.name for entry in folder.iterdir())
        raise nothing_in(config.path, names, "PNG or JPEG pictures")
    lost = next((file for file in found if not file.is_file()), None)
    if lost is not None:
        name = show(str(lost.relative_to(folder)))
        raise DatasetError(f"{name} is a link to a file that is missing. Replace it, or remove it")
    return found[: config.records]


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place, name) for name in names if not name.startswith("."))


def pictures_in(config: FolderConfig, folder: Path, files: Sequence[Path]) -> Dataset:
    """Return a record for each file; an id is the path in the folder."""
    ids = [_id(file, folder) for file in files]
    uses = _uses(ids) if config.use == "folder" else None
    labels = _labels(ids, config)
    classes, truth = _answers(labels, ids, config)
    if uses is not None:
        _check_uses(uses, truth, ids)
    shown: list[Bytes] = []
    seen = np.empty((len(files), _SEEN, _SEEN, 3), np.uint8)
    for index, file in enumerate(files):
        picture = _opened(file, ids[index], config.size)
        shown.append(np.asarray(picture, dtype=np.uint8))
        seen[index] = np.asarray(picture.resize((_SEEN, _SEEN)).convert("RGB"))
    return Dataset(
        name=show(config.path),
        ids=ids,
        features=_FEATURES[config.features](seen),
        classes=classes,
        truth=truth,
        images=tuple(shown),
        use=uses,
        notes=tuple(_notes(folder)),
    )


def _id(file: Path, folder: Path) -> str:
    path = file.relative_to(folder).as_posix()
    return record_id(path, SourceLine(path, 1))


def _uses(ids: Sequence[str]) -> tuple[Use, ...]:
    """Return the use of each picture: its first folder."""
    found = []
    for name in ids:
        first, _, rest = name.partition("/")
        if not rest or first not in set(Use):
            raise DatasetError(
                f"{show(name)}: not in a folder of a use (dataset.use): {', '.join(Use)}. Move it"
            )
        found.append(Use(first))
    return tuple(found)


def _check_uses(uses: Sequence[Use], truth: NDArray[np.int64], ids: Sequence[str]) -> None:
    """Refuse pictures whose use asks for a known answer that they do not have."""
    for use, answer, name in zip(uses, truth.tolist(), ids, strict=True):
        if use is not Use.WORK and answer == UNKNOWN:
            raise DatasetError(f"{use} {quoted(name)} has no known answer")


def _labels(ids: Sequence[str], config: FolderConfig) -> list[str | None]:
    """Return the known answer of each picture: its subfolder, below that of a part."""
    if config.label == "none":
        return [None] * len(ids)
    found = []
    for name in ids:
        folders = name.split("/")[:-1]
        if folders and (config.use == "folder" or folders[0].casefold() in _PARTS):
            folders = folders[1:]
        found.append(folders[0] if folders else None)
    if config.label is None and len(set(found) - {None}) < 2 and not config.classes:
        return [None] * len(ids)
    return found


def _answers(
    labels: Sequence[str | None], ids: Sequence[str], config: FolderConfig
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    known = {label for label in labels if label is not None}
    if not config.classes and not known:
        raise DatasetError(
            f"{show(config.path)}: no classes (dataset.classes). List them, or put the pictures "
            "into a folder for each class"
        )
    where = "dataset.classes" if config.classes else f"the folders in {show(config.path)}"
    classes = check_classes(config.classes or sorted(known), where)
    indices = {name: index for index, name in enumerate(classes)}
    truth = np.full(len(ids), UNKNOWN, dtype=np.int64)
    for index, label in enumerate(labels):
        if label is not None:
            truth[index] = class_index(label, indices, SourceLine(ids[index], 1))
    return classes, truth


def _opened(file: Path, name: str, size: int) -> Any:
    """Return a picture of at most ``size`` pixels on each side, grey or RGB, the right way up."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as error:
        raise EnvironmentFaultError(
            "pictures need Pillow. Install it: pip install 'clamshell-tui[pictures]'"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large files, which are checked here
            with file.open("rb") as raw, Image.open(raw, formats=("PNG", "JPEG")) as picture:
                if picture.width * picture.height > _LARGEST:
                    raise DatasetError(
                        f"{show(name)} has {picture.width} x {picture.height} pixels. Make it "
                        "smaller"
                    )
                picture.thumbnail((size, size))
                upright = ImageOps.exif_transpose(picture)
                return upright if upright.mode == "L" else _on_white(upright)
    except UnidentifiedImageError as error:
        raise DatasetError(
            f"{show(name)} is neither PNG nor JPEG, or damaged. Save it again, or remove it"
        ) from error
    except Image.DecompressionBombError as error:
        raise DatasetError(f"{show(name)} has too many pixels. Make it smaller") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise DatasetError(
            f"{show(name)} is damaged ({show(str(error), 60)}). Save it again, or remove it"
        ) from error


def _on_white(picture: Any) -> Any:
    """Return a picture in RGB, what is transparent in white."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    from PIL import Image

    picture = picture.convert("RGBA")
    ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return Image.alpha_composite(ground, picture).convert("RGB")


def _notes(folder: Path) -> Iterator[str]:
    others = sorted(file.name for file in _walk(folder) if file.suffix.lower() in _OTHER)
    if others:
        files = count(len(others), "file")
        yield f"left out, neither PNG nor JPEG: {files} ({listed(others, 3)})"
