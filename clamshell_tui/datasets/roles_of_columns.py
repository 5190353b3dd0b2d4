"""Guesses which columns of a file are ids, texts, labels and features, each with the reason."""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from msgspec.structs import replace

from clamshell_tui.datasets.checks import is_index, like_a_number, quoted
from clamshell_tui.datasets.config import MAX_CLASSES, TableConfig, Use
from clamshell_tui.datasets.csv_format import columns_named
from clamshell_tui.datasets.numeric_columns import number_in_json
from clamshell_tui.datasets.rows import Row
from clamshell_tui.formats import count

SAMPLE = 50_000  # rows that are looked at
_ID = re.compile(r"(.*[ _.-])?(id|ids|uid|uuid|guid|key|hash|nr|no)", re.IGNORECASE)
_TEXT = re.compile(
    r"(.*[ _.-])?(text|texts|review|sentence|content|body|comment|tweet|message|document|doc|"
    r"question|utterance|query|headline|description|abstract|post|sms|v2)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(.*[ _.-])?(label|labels|class|category|sentiment|target|gold|truth|answer|stars|rating|"
    r"topic|intent|tag|polarity|emotion|species|outcome|coarse|annotation|choice|y|v1)",
    re.IGNORECASE,
)
_LONGEST_LABEL = 60  # characters on average
_FEW = 10  # different numbers that may be labels beside a text
_WORDS = 3.0  # on average, of a text without a telling name


class Profile:
    """Kind and contents of a column's cells."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.filled = self.numeric = self.length = self.longest = self.words = 0
        self.other = 0  # neither text nor number: lists, tables
        self.values: dict[str, int] = {}

    def add(self, value: Any) -> None:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value in (None, "", []) or value != value:  # NaN
            return
        self.filled += 1
        if isinstance(value, list | dict):
            self.other += not number_in_json(value)
            self.numeric += number_in_json(value)
            return
        text = value if isinstance(value, str) else str(value)
        self.values[text] = self.values.get(text, 0) + 1
        self.numeric += like_a_number(text) if isinstance(value, str) else number_in_json(value)
        self.length += len(text)
        self.words += text.count(" ") + 1
        self.longest = max(self.longest, len(text))

    @property
    def distinct(self) -> int:
        return len(self.values)

    @property
    def is_numeric(self) -> bool:
        return 0 < self.filled <= 2 * self.numeric

    @property
    def mean_length(self) -> float:
        return self.length / max(1, self.filled)

    @property
    def mean_words(self) -> float:
        return self.words / max(1, self.filled)


class ColumnRole(NamedTuple):
    """A column, what it is used for (a key of ``[dataset]``, or nothing), and why."""

    profile: Profile
    use: str
    why: str


def profiles(rows: Iterable[Row]) -> dict[str, Profile]:
    """Return the columns of the first rows."""
    found: dict[str, Profile] = {}
    for _, row in islice(rows, SAMPLE):
        for name, value in row.items():
            if name not in found:
                found[name] = Profile(name)
            found[name].add(value)
    return found


def chosen(columns: Mapping[str, Profile], config: TableConfig) -> TableConfig:
    """Return the settings with a column for each use that they do not name."""
    free = [each for each in columns.values() if each.name not in columns_named(config)]
    if not config.text and not config.features:
        text = _text(free)
        if text is not None:
            config = replace(config, text=text.name)
            free.remove(text)
    if config.label is None:
        label = _label(free, has_text=bool(config.text))
        if label is not None:
            config = replace(config, label=label.name)
            free.remove(label)
    if config.use is None:
        found = next((each for each in free if _is_use(each)), None)
        if found is not None:
            why = next((each.name for each in free if each.name.casefold() == "why"), None)
            config = replace(config, use=found.name, why=config.why or why)
    if config.id is None:
        found = max(filter(_is_id, free), key=_likely_id, default=None)
        config = replace(config, id=None if found is None else found.name)
    return config


def _text(columns: list[Profile]) -> Profile | None:
    candidates = [
        each
        for each in columns
        if each.values
        and not each.other
        and not each.is_numeric
        and (
            _TEXT.fullmatch(each.name) or each.mean_words >= _WORDS or each.longest > _LONGEST_LABEL
        )
    ]
    return max(
        candidates,
        key=lambda each: (_TEXT.fullmatch(each.name) is not None, each.mean_length),
        default=None,
    )


def _label(columns: list[Profile], *, has_text: bool) -> Profile | None:
    candidates = [
        each
        for each in columns
        if 2 <= each.distinct <= MAX_CLASSES
        and each.mean_length <= _LONGEST_LABEL
        and not is_index(each.name)
        and (_is_named_label(each) or 2 * each.distinct <= each.filled)
        and (_is_named_label(each) or not each.is_numeric or (has_text and each.distinct <= _FEW))
    ]
    return max(
        candidates,
        key=lambda each: (
            _is_named_label(each),
            each.name.casefold() == "label",
            not each.is_numeric,
            -each.distinct,
        ),
        default=None,
    )


def _is_named_label(column: Profile) -> bool:
    return _LABEL.fullmatch(column.name) is not None


def _is_use(column: Profile) -> bool:
    return column.name.casefold() == "use" and len(column.values.keys() & set(Use)) > 0


def _is_id(column: Profile) -> bool:
    named = _ID.fullmatch(column.name) is not None
    return named and column.distinct == column.filled > 0 and not column.other


def _likely_id(column: Profile) -> tuple[bool, bool]:
    name = column.name.casefold()
    return name == "id", name == "_task_hash"  # Prodigy's _input_hash is that of the text


def explained(columns: Mapping[str, Profile], config: TableConfig) -> list[ColumnRole]:
    """Return every column with its use and the reason."""
    return [ColumnRole(each, *_use(each, config)) for each in columns.values()]


def _use(column: Profile, config: TableConfig) -> tuple[str, str]:
    if column.name == config.id:
        return "id", "a different value in each row"
    if column.name in _several(config.text):
        mean = f"{column.mean_length:,.0f} characters on average, {column.longest:,} at most"
        return "text", mean
    if column.name == config.label:
        return "label", count(column.distinct, "value")
    for key in ("group", "use", "why"):
        if column.name == getattr(config, key):
            return key, count(column.distinct, "value")
    if column.name in _several(config.features):
        return "features", "numbers"
    if column.filled == 0:
        return "", "empty"
    if not config.text and not config.features and column.is_numeric:
        return ("", "it numbers the rows") if is_index(column.name) else ("features", "numbers")
    if not column.values:
        return "", "lists or tables"
    example = next(iter(column.values))
    if column.distinct > MAX_CLASSES and _is_named_label(column) and column.name != config.text:
        return "", f"{count(column.distinct, 'value')}, more than {MAX_CLASSES} classes"
    return "", f"{count(column.distinct, 'value')}, such as {quoted(example)}"


def _several(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names
