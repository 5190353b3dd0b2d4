"""Groups of records that are copies of each other, so that a hold-out takes all or none of them.

A model that has seen a text five times knows the label of its sixth copy: measured on copies, even
random labels are learnt.
"""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.dataset import Dataset

_FEW = 0.1  # below this share of distinct records, repeating is the nature of the data
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_BETWEEN_ASCII_WORDS = bytes(byte for byte in range(128) if not chr(byte).isalnum())


def groups_of(dataset: Dataset) -> NDArray[np.int64]:
    """Return the group of each record, ``(n_records,)``; records of a group are copies.

    Copies are texts that differ in case, blanks and punctuation at most, equal pictures, and equal
    features of records without either. With few distinct records each one is its own group.
    Records that the file puts into one group (``dataset.group``) are treated as copies too.
    """
    # 64 bits of a hash instead of the key: a million texts would take 150 MB.
    hashes = np.fromiter(map(hash, _keys(dataset)), np.int64, len(dataset))
    different, groups = np.unique(hashes, return_inverse=True)
    if len(different) < _FEW * len(dataset):
        groups = np.arange(len(dataset))
    return groups if dataset.groups is None else _joined(groups, dataset.groups)


def _joined(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the groups of records that are connected by groups of either kind."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    first_of_other = int(one.max()) + 1
    count = first_of_other + int(other.max()) + 1
    links = coo_matrix((np.ones(len(one)), (one, other + first_of_other)), (count, count))
    connected: NDArray[np.int32] = connected_components(links, directed=False)[1]
    return connected[one].astype(np.int64)


def _keys(dataset: Dataset) -> Iterable[object]:
    if dataset.texts is not None:
        return map(_plain, dataset.texts)
    if dataset.images is not None:
        return (image.tobytes() for image in dataset.images)
    if not isinstance(dataset.features, np.ndarray):
        return range(len(dataset))
    return (row.tobytes() for row in dataset.features)


def _plain(text: str) -> str:
    if text.isascii():
        raw = text.lower().encode()
        return (raw.translate(None, _BETWEEN_ASCII_WORDS) or raw).decode()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _BETWEEN_WORDS.sub("", folded) or folded
