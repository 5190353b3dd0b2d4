"""The sentences that a participant reads, by key, in English or as a study replaces them.

A file of replacements is TOML with the same sections and keys as :mod:`english`, and the same
``{placeholders}`` in each sentence. It is checked when it is loaded (:func:`load_texts`); then the
coordinator sends the sentences to its clients, which trust nothing: :class:`Texts` ignores unknown
keys, and keeps English for missing ones.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from clamshell_tui.errors import ClamshellError
from clamshell_tui.formats import Numerals, coins
from clamshell_tui.participant_texts.english import ENGLISH
from clamshell_tui.text import show

Kind = TypeVar("Kind", bound=ClamshellError)

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
NUMBER = re.compile(r"1(\D?)234(\D)5")
"""How 1234.5 is written: the signs between thousands, if any, and before decimals."""

FORMS = ("one", "other")
"""Of a sentence with a number: for 1, and for all other numbers."""


def flat(sections: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value of nested tables with its dotted key."""
    for name, value in sections.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


@cache
def english() -> Mapping[str, str]:
    """The English sentences by dotted key: ``task.record``, ``status.missing.one``."""
    return MappingProxyType({key: str(text) for key, text in flat(ENGLISH)})


class Sentence(NamedTuple):
    """A sentence to be said in the language of its reader; its values may be sentences too."""

    key: str
    values: Mapping[str, object] = MappingProxyType({})


class Figure(str):
    """A number in a :class:`Sentence`, to be written as its reader writes numbers."""

    __slots__ = ()


class Coins(NamedTuple):
    """An amount in a :class:`Sentence`, in micros, to be written as its reader writes amounts."""

    micros: int
    currency: str


class Texts:
    """Sentences by dotted key; ``replaced`` has those of another language."""

    def __init__(self, replaced: Mapping[str, str] = MappingProxyType({})) -> None:
        known = {key: _shown(text) for key, text in replaced.items() if key in english()}
        self.replaced: Mapping[str, str] = MappingProxyType(known)
        self._texts: Mapping[str, str] = {**english(), **known} if known else english()

    @property
    def letters(self) -> str:
        """The letters of a language that no plain letter stands for, and a terminal must have.

        Umlauts and accents are left out in ASCII; of another script nothing would remain.
        """
        used = sorted(set("".join(self.replaced.values())))
        return "".join([each for each in used if each.isalpha() and not _plain(each)])

    @property
    def numerals(self) -> Numerals:
        """How numbers and amounts are written in this language."""
        found = NUMBER.fullmatch(self._texts["numerals.number"])
        thousands, decimal = found.groups() if found else (",", ".")
        return Numerals(thousands, decimal, self._texts["numerals.money"])

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a sentence with its values; ``count`` chooses between its two forms.

        KeyError for an unknown key. A placeholder without a value is left as it is.
        """
        return PLACEHOLDER.sub(
            lambda found: str(values.get(found[1], found[0])), self._text(key, values)
        )

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def parts(self, key: str, /, **values: object) -> list[tuple[str, str]]:
        """Return a sentence in pieces, each with the name of its placeholder, or empty.

        For a sentence in which a value has another style.
        """
        pieces = PLACEHOLDER.split(self._text(key, values))
        between = [(text, "") for text in pieces[::2]]
        filled = [(str(values.get(name, f"{{{name}}}")), name) for name in pieces[1::2]]
        together = chain.from_iterable(zip(between, [*filled, ("", "")], strict=True))
        return [(text, name) for text, name in together if text]

    def say(self, what: Sentence | Coins | str) -> str:
        """Return a sentence, number or amount in these words; any other text is left as it is."""
        match what:
            case Sentence():
                values = {
                    name: self.say(value) if isinstance(value, Sentence | Coins | Figure) else value
                    for name, value in what.values.items()
                }
                return self(what.key, **values)
            case Coins():
                return coins(what.micros, what.currency, self.numerals)
            case Figure():
                return self.numerals.write(what)
            case str():
                return what

    def section(self, name: str) -> dict[str, str]:
        """Return the sentences of a section by key, with their placeholders."""
        prefix = f"{name}."
        return {
            key.removeprefix(prefix): text
            for key, text in self._texts.items()
            if key.startswith(prefix)
        }

    def error(self, error: Exception) -> str:
        """Return the sentence of a :func:`fault`; of any other error, its message."""
        if isinstance(error, ClamshellError) and error.key:
            return self(error.key, **error.values)
        return str(error)

    def _text(self, key: str, values: Mapping[str, object]) -> str:
        if key in self._texts or "count" not in values:
            return self._texts[key]
        return self._texts[f"{key}.{FORMS[values['count'] != 1]}"]


def _shown(text: str) -> str:
    return "\n".join(map(show, text.split("\n")))


def _plain(letter: str) -> bool:
    return letter == "\u00df" or unicodedata.normalize("NFKD", letter)[0].isascii()


ENGLISH_TEXTS = Texts()


def fault(kind: type[Kind], key: str, /, **values: object) -> Kind:
    """Return an error that says a sentence in English, and can say it in any language."""
    return kind(ENGLISH_TEXTS(key, **values), key=key, **values)
