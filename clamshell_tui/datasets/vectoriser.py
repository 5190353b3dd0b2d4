"""Turns texts into sparse rows of word weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer

from clamshell_tui.datasets.config import CsvConfig, JsonlConfig
from clamshell_tui.errors import DatasetError

Vectoriser = Any
"""A fitted vectoriser of scikit-learn; see :func:`rows_of`."""


def vectorise(texts: Sequence[str], config: CsvConfig | JsonlConfig) -> csr_matrix:
    """Return float32 rows of unit length, shape ``(n_texts, n_words)``.

    TF-IDF learns its words from all texts, including held-out ones, but from no label. Hashing
    needs no pass over the texts, and always has ``max_features`` columns.
    """
    return rows_of(texts, fitted(texts, config))


def rows_of(texts: Sequence[str], vectoriser: Vectoriser) -> csr_matrix:
    """Return the rows of texts, also of other texts than the vectoriser was fitted on."""
    return csr_matrix(vectoriser.transform(texts))


def hashing(width: int) -> Vectoriser:
    """Return a vectoriser that needs no fit."""
    return HashingVectorizer(n_features=width, dtype=np.float32)


def fitted(texts: Sequence[str], config: CsvConfig | JsonlConfig) -> Vectoriser:
    """Return the vectoriser that ``config`` asks for, fitted on the texts."""
    if config.vectoriser == "hashing":
        return hashing(config.max_features)
    try:
        return TfidfVectorizer(max_features=config.max_features, dtype=np.float32).fit(texts)
    except ValueError as error:  # empty vocabulary
        raise DatasetError(
            f"{config.path}: no words of two letters or more in the text. "
            'Check dataset.text, or set dataset.vectoriser to "hashing"'
        ) from error
