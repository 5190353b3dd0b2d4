"""Groups of records that are copies of each other, so that a hold-out takes all or none of them.

A model that has seen a text five times knows the label of its sixth copy: measured on copies, even
random labels are learnt.
"""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from clamshell_tui.datasets.dataset import Dataset

_FEW = 0.1  # below this share of distinct records, repeating is the nature of the data
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def groups_of(dataset: Dataset) -> NDArray[np.int64]:
    """Return the group of each record, ``(n_records,)``; records of a group are copies.

    Copies are texts that differ in case, blanks and punctuation at most, equal pictures, and equal
    features of records without either. With few distinct records each one is its own group.
    """
    names: dict[object, int] = {}
    groups = np.fromiter(
        (names.setdefault(key, len(names)) for key in _keys(dataset)), np.int64, len(dataset)
    )
    return groups if len(names) >= _FEW * len(dataset) else np.arange(len(dataset))


def _keys(dataset: Dataset) -> Iterable[object]:
    if dataset.texts is not None:
        return map(_plain, dataset.texts)
    if dataset.images is not None:
        return (image.tobytes() for image in dataset.images)
    if issparse(dataset.features):
        return range(len(dataset))
    return (row.tobytes() for row in dataset.features)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _BETWEEN_WORDS.sub("", folded) or folded
