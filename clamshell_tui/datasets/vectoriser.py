"""Turns texts into sparse rows of token weights.

A token is a word of two letters or more, as in scikit-learn. Chinese, Japanese, Thai and other
scripts put no blanks between words, so a whole clause would be one token: there, tokens are signs
and pairs of neighbouring signs. An emoji is a token of its own.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.pipeline import make_union

from clamshell_tui.datasets.config import TableConfig
from clamshell_tui.datasets.word_weights import weights_of
from clamshell_tui.errors import DatasetError

Vectoriser = Any
"""A fitted vectoriser of scikit-learn; see :func:`rows_of`."""

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"  # kana, Chinese characters
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"  # compatibility forms, narrow kana, rare ones
)
_EMOJI = "\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"  # and arrows, signs
_TOKEN = re.compile(rf"[{_UNSPACED}]+|[{_EMOJI}]|(?:(?![{_UNSPACED}])\w){{2,}}")
_WORD = re.compile(r"\w\w+")
_SIGN = re.compile(f"[{_UNSPACED}]")
_OTHER_THAN_WORDS = re.compile(f"[{_UNSPACED}{_EMOJI}]")


def vectorise(texts: Sequence[str], config: TableConfig) -> csr_matrix:
    """Return float32 rows, shape ``(n_texts, n_tokens)``.

    TF-IDF learns its tokens from all texts, including held-out ones, but from no label. Hashing
    needs no pass over the texts, and always has ``max_features`` columns.
    """
    if config.vectoriser != "tfidf":
        return rows_of(texts, fitted(texts, config))
    weights = weights_of(texts, tokens if _need_tokens(texts) else _words, config.max_features)
    if weights is None:
        raise _no_words(config)
    return weights


def rows_of(texts: Sequence[str], vectoriser: Vectoriser) -> csr_matrix:
    """Return the rows of texts, also of other texts than the vectoriser was fitted on."""
    return csr_matrix(vectoriser.transform(texts))


def hashing(width: int) -> Vectoriser:
    """Return a vectoriser that needs no fit."""
    return HashingVectorizer(n_features=width, analyzer=tokens, dtype=np.float32)


def fitted(texts: Sequence[str], config: TableConfig) -> Vectoriser:
    """Return the vectoriser that ``config`` asks for, fitted on the texts."""
    if config.vectoriser == "hashing":
        return hashing(config.max_features)
    words = _tfidf(config, analyzer=tokens if _need_tokens(texts) else "word")
    if config.vectoriser == "characters":
        words = make_union(words, _tfidf(config, analyzer="char_wb", ngram_range=(2, 4)))
    try:
        return words.fit(texts)
    except ValueError as error:  # empty vocabulary
        raise _no_words(config) from error


def _no_words(config: TableConfig) -> DatasetError:
    return DatasetError(
        f"{config.path}: no words of two letters or more in the text. "
        'Check dataset.text, or set dataset.vectoriser to "hashing"'
    )


def _need_tokens(texts: Sequence[str]) -> bool:
    """Whether :func:`tokens` differ from words, which are found more quickly."""
    return any(_OTHER_THAN_WORDS.search(text) for text in texts)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, in order."""
    found: list[str] = []
    for token in _TOKEN.findall(text.lower()):
        if _SIGN.match(token):
            found += [*token, *map("".join, pairwise(token))]
        else:
            found.append(token)
    return found


def _tfidf(config: TableConfig, **options: Any) -> Any:
    return TfidfVectorizer(max_features=config.max_features, dtype=np.float32, **options)
