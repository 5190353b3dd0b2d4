"""TF-IDF of a large set of texts in one pass, and in little memory.

The result equals, bit by bit, what scikit-learn's ``TfidfVectorizer`` gives for the same texts
after ``fit`` and ``transform``, which read them twice and keep several copies of the counts.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer

_TOGETHER = 5000  # texts whose tokens are counted together

Analyser = Callable[[str], Sequence[str]]


def weights_of(texts: Iterable[str], analyse: Analyser, most: int) -> csr_matrix | None:
    """Return float32 weights of the ``most`` frequent tokens, columns in the order of the tokens.

    None if the texts have no token.
    """
    counts = _counted(texts, analyse)
    if counts.shape[1] == 0:
        return None
    if counts.shape[1] > most:
        frequent = (-np.asarray(counts.sum(axis=0)).ravel()).argsort()[:most]
        counts = counts[:, np.sort(frequent)]
    return csr_matrix(TfidfTransformer().fit(counts).transform(counts, copy=False))


def _counted(texts: Iterable[str], analyse: Analyser) -> csr_matrix:
    """Return how often each token is in each text, columns sorted."""
    vocabulary: defaultdict[str, int] = defaultdict()
    vocabulary.default_factory = vocabulary.__len__
    data, columns, ends = array("f"), array("i"), array("q", [0])
    for part in _parts(texts):
        counts = _counts_of(part, analyse, vocabulary)
        ends.extend((counts.indptr[1:] + len(columns)).tolist())
        data.frombytes(counts.data.tobytes())
        columns.frombytes(counts.indices.tobytes())
    place = _sorted_places(vocabulary)
    found = np.frombuffer(data, np.float32), place[np.frombuffer(columns, np.int32)]
    matrix = csr_matrix((*found, np.array(ends)), (len(ends) - 1, len(vocabulary)))
    matrix.sort_indices()
    return matrix


def _counts_of(
    texts: Sequence[str], analyse: Analyser, vocabulary: "defaultdict[str, int]"
) -> csr_matrix:
    """Return the counts of a few texts; new tokens are added to the vocabulary."""
    found, ends = array("i"), [0]
    for text in texts:
        found.extend(map(vocabulary.__getitem__, analyse(text)))
        ends.append(len(found))
    ones = np.ones(len(found), np.float32)
    shape = (len(texts), max(1, len(vocabulary)))
    counts = csr_matrix((ones, np.frombuffer(found, np.int32), np.array(ends, np.int32)), shape)
    counts.sum_duplicates()
    return counts


def _sorted_places(vocabulary: "defaultdict[str, int]") -> NDArray[np.int32]:
    """Return the column of each token, by its number, if columns are sorted by token."""
    place = np.empty(len(vocabulary), np.int32)
    place[[vocabulary[token] for token in sorted(vocabulary)]] = np.arange(len(vocabulary))
    return place


def _parts(texts: Iterable[str]) -> Iterator[list[str]]:
    every = iter(texts)
    while part := list(islice(every, _TOGETHER)):
        yield part
