"""The ``[dataset]`` table of a scenario: one struct for each kind of source.

Only msgspec is imported here, so that a scenario can be checked without numpy. The comments beside
the fields are the documentation of the settings.
"""

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

MAX_CLASSES = 1000  # selected by typing when there are more than keys
MAX_FIELD = 65_536  # characters; a person has to read a record


class Use(StrEnum):
    """Role of a record, in the column ``dataset.use``; the settings decide where there is none."""

    WORK = "work"  # to be labelled
    GOLD = "gold"  # known answer, for the qualification and for checks
    TRAINING = "training"  # known answer, shown with feedback in the training of a study
    QUALIFICATION = "qualification"  # known answer, only asked in the qualification
    CHECK = "check"  # known answer, only asked among the work, to check workers
    SEED = "seed"  # known answer, to train the model from the start
    HOLD_OUT = "hold-out"  # known answer, to measure the model


class _Source(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """Base of all kinds, with the tag ``kind``."""


class DigitsConfig(_Source, frozen=True, tag="digits"):
    """scikit-learn's 1,797 handwritten digits of 8 x 8 pixels, or the first ``records`` of them."""

    records: Annotated[int, Meta(ge=2, le=1797)] | None = None  # without it, all of them


class GeneratedConfig(_Source, frozen=True, tag="generated"):
    """Normal clusters, one per class, drawn with the seed of the run (CLAMShell §6.1).

    ``difficulty`` runs from 0 (a linear model gets nearly all of them right) to 1 (hardly better
    than guessing). It moves the clusters together, hides them in fewer of the features, and
    draws up to a fifth of the known answers at random.
    """

    records: Annotated[int, Meta(ge=2, le=5_000_000)] = 1000
    features: Annotated[int, Meta(ge=1, le=10_000)] = 20
    classes: Annotated[int, Meta(ge=2, le=MAX_CLASSES)] = 2
    difficulty: Annotated[float, Meta(ge=0, le=1)] = 0.25  # 0: easy; 1: hardly better than chance
    rare: Annotated[float, Meta(gt=0, le=0.5)] | None = None  # share of the last class


class _TableSource(_Source, frozen=True):
    """Settings of all files with a record per row.

    Workers see the ``text`` columns. The model sees the ``features`` columns; without them, the
    vectorised text; without either, every numeric column except id, label, use and group.
    """

    path: str  # relative to the scenario file
    id: str | None = None  # the column of ids; default: the number of the row, from 0
    text: str | tuple[str, ...] = ()  # columns that workers see
    features: str | tuple[str, ...] = ()  # columns that the model sees; default: text, or numbers
    label: str | None = None  # the column of known answers; empty = unknown
    use: str | None = None  # the column of uses, such as work, gold or check; empty = by settings
    why: str | None = None  # the column of reasons, shown in the training of a study
    group: str | None = (
        None  # records with the same value here are held out together, or not at all
    )
    classes: tuple[str, ...] = ()  # default: the labels found, sorted
    # Absent, words that programs write for a missing value are taken so; see values.MISSING.
    na: tuple[str, ...] | None = None  # labels that mean unknown; default: NA, NaN, #N/A, if found
    # characters: words and pieces of them, for short texts with typing errors
    vectoriser: Literal["tfidf", "characters", "hashing"] = "tfidf"  # features of texts
    max_features: Annotated[int, Meta(ge=1, le=1_048_576)] = (
        20_000  # largest number of features of texts
    )
    max_field: Annotated[int, Meta(ge=1)] = MAX_FIELD  # longest field, in characters


class _TextFileSource(_TableSource, frozen=True):
    """Settings of files of text, plain or packed with gzip."""

    encoding: str | None = None  # default: UTF-8, or UTF-16 if the file begins so


class CsvConfig(_TextFileSource, frozen=True, tag="csv"):
    """A CSV or TSV file, plain or .gz. What is not set is found out from its first rows."""

    delimiter: str | None = None  # between columns: "," or ";" or "\t" or "|"; default: found out
    header: bool | None = None  # false: no header; the columns are called 1, 2, 3, ...
    quote: Literal['"', "'", ""] | None = None  # around fields; "": none; default: found out
    decimal: Literal[".", ","] | None = None  # mark in numbers; default: found out


class JsonlConfig(_TextFileSource, frozen=True, tag="jsonl"):
    """One JSON object per line, or one array of them. A feature is a number or a list of them.

    Exports of Prodigy, doccano, Label Studio and Hugging Face are recognised.
    """


class ParquetConfig(_TableSource, frozen=True, tag="parquet"):
    """A Parquet file (needs the extra ``parquet``)."""


class _PictureSource(_Source, frozen=True):
    """Settings of all folders of published pictures.

    Workers see the pictures. The model sees ``gradients`` (on a grid of 4 x 4, the strength of
    edges in each of 8 directions and the mean brightness or colour), which need far fewer labels,
    or the raw ``pixels``, as in the paper (CLAMShell §6.1).
    """

    path: str  # the folder, relative to the scenario file
    part: Literal["all", "train", "test"] = "all"  # all: every file, training pictures first
    records: Annotated[int, Meta(ge=2)] | None = None  # only the first ones; default: all
    classes: tuple[str, ...] = ()  # only records of these; default: all ten
    features: Literal["gradients", "pixels"] = "gradients"  # features for the model


class MnistConfig(_PictureSource, frozen=True, tag="mnist"):
    """Handwritten digits of 28 x 28 grey pixels: MNIST, in its IDX files, plain or .gz.

    The files are ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte``, ``t10k-...`` for the
    test part, or both pairs. The classes are "0" to "9".
    """


class Cifar10Config(_PictureSource, frozen=True, tag="cifar-10"):
    """Photographs of 32 x 32 coloured pixels: CIFAR-10, in its **binary** version.

    The files are ``data_batch_1.bin`` and so on, ``test_batch.bin`` for the test part, or both. The
    classes are airplane, automobile, bird, cat, deer, dog, frog, horse, ship and truck; the paper's
    task is ``classes = ["airplane", "bird"]``.
    """


class FolderConfig(_Source, frozen=True, tag="pictures"):
    """PNG and JPEG pictures in a folder (needs the extra ``pictures``).

    Pictures in subfolders have the names of these as known answers. The model sees ``gradients``
    or raw ``pixels`` of the picture at 32 x 32 pixels.
    """

    path: str  # the folder, relative to the scenario file
    label: Literal["folder", "none"] | None = None  # default: folder, if there are two or more
    use: Literal["folder"] | None = None  # the first folder is the use, as in check/cats/1.png
    classes: tuple[str, ...] = ()  # default: the names of the folders, sorted
    records: Annotated[int, Meta(ge=2)] | None = None  # only the first ones; default: all
    size: Annotated[int, Meta(ge=16, le=256)] = 128  # most pixels on a side, of what workers see
    features: Literal["gradients", "pixels"] = "gradients"  # features for the model


class WireConfig(_Source, frozen=True, tag="wire"):
    """No file: a requester submits the records to a live run over the network.

    All records are texts, or all have the same named numbers.
    """

    classes: tuple[str, ...]  # two or more
    kind_of: Literal["text", "numbers"] = "text"  # of the records
    max_features: Annotated[int, Meta(ge=1, le=1_048_576)] = 4096  # texts: columns of the hashing


class PluginDatasetConfig(_Source, frozen=True, tag="plugin"):
    """Data of another package: ``kind = "prefix:name"`` with the options of that kind."""

    source: str  # prefix:name{options}


PicturesConfig: TypeAlias = MnistConfig | Cifar10Config
TableConfig: TypeAlias = CsvConfig | JsonlConfig | ParquetConfig
StoredConfig: TypeAlias = TableConfig | PicturesConfig | FolderConfig
"""Kinds that read a file or folder at ``path``."""

DatasetConfig: TypeAlias = (
    DigitsConfig | GeneratedConfig | StoredConfig | PluginDatasetConfig | WireConfig
)
