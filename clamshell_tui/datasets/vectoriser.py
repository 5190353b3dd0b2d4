"""Texts as sparse rows of word weights."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer

from clamshell_tui.datasets.config import CsvConfig, JsonlConfig
from clamshell_tui.errors import DatasetError


def vectorise(texts: Sequence[str], config: CsvConfig | JsonlConfig) -> csr_matrix:
    """Return float32 rows of unit length, shape ``(n_texts, n_words)``.

    TF-IDF learns its words from all texts, also from those that will be held out: it sees no label.
    Hashing needs no pass over the texts and always has ``max_features`` columns.
    """
    width = config.max_features
    if config.vectoriser == "hashing":
        return csr_matrix(HashingVectorizer(n_features=width, dtype=np.float32).transform(texts))
    try:
        return csr_matrix(
            TfidfVectorizer(max_features=width, dtype=np.float32).fit_transform(texts)
        )
    except ValueError as error:  # scikit-learn's way to say: empty vocabulary
        raise DatasetError(
            f"{config.path}: no words of two letters or more in the text. "
            'Check dataset.text, or set dataset.vectoriser to "hashing"'
        ) from error
