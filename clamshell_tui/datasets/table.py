"""Makes records of rows: ids, texts, features and known answers, with every field checked."""

import unicodedata
from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.checks import (
    CONTROL,
    SourceLine,
    check_classes,
    class_index,
    like_a_number,
    listed,
    not_finite,
    numbers,
    quoted,
    record_id,
)
from clamshell_tui.datasets.config import CsvConfig, JsonlConfig, Use
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset, Features
from clamshell_tui.datasets.numeric_columns import Survey, index_columns, number_in_json
from clamshell_tui.datasets.rows import Row, missing_column
from clamshell_tui.datasets.vectoriser import vectorise
from clamshell_tui.errors import DatasetError


def assemble(rows: Callable[[], Iterable[Row]], config: CsvConfig | JsonlConfig) -> Dataset:
    """Return the records of a file; the first bad field raises :class:`DatasetError`.

    ``rows`` is called twice, and the file read twice, if no setting names the feature columns.
    """
    survey = None
    if not config.text and not config.features:
        like = like_a_number if isinstance(config, CsvConfig) else number_in_json
        survey = Survey({config.id, config.label, config.use}, like)
        for line, row in rows():
            survey.add(SourceLine(config.path, line), row)
    table = _Table(config, survey)
    for line, row in rows():
        table.add(SourceLine(config.path, line), row)
    return table.dataset()


class _Table:
    """Columns that grow with each row. The first row fixes the number of features."""

    def __init__(self, config: CsvConfig | JsonlConfig, survey: Survey | None) -> None:
        self._config = config
        self._survey = survey
        self._text_columns = _names(config.text)
        self._feature_columns = _names(config.features) if survey is None else survey.numeric()
        self._feature_names: list[str] = []
        self._lines = array("q")
        self._line_of_id: dict[str, int] = {}
        self._texts: list[str] = []
        self._values = array("f")
        self._labels: list[str | None] = []
        self._uses: list[Use | None] = []

    def add(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        if not self._lines:
            self._settle_columns(place, row)
        self._add_id(place, row)
        if self._text_columns:
            self._texts.append("\n".join(_text(row, name, place) for name in self._text_columns))
        if self._feature_columns:
            self._add_features(place, row)
        if self._config.label is not None:
            self._labels.append(_label(row.get(self._config.label), place))
        if self._config.use is not None:
            self._add_use(place, row.get(self._config.use))
        self._lines.append(place.line)

    def _settle_columns(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        config = self._config
        # A JSON object may have no label, which is then unknown. A CSV file must have the column.
        label = () if isinstance(config, JsonlConfig) else _names(config.label or ())
        asked = _names(config.features)
        use = _names(config.use or ())
        for name in (*_names(config.id or ()), *self._text_columns, *asked, *label, *use):
            if name not in row:
                raise missing_column(place.path, name, row)
        if not self._text_columns and not self._feature_columns:
            raise DatasetError(
                f"{place.path} has no numeric column; found: {listed(row)}. "
                "Name the column that workers read with dataset.text"
            )
        if self._feature_columns:
            self._feature_names, _ = _flat(row, self._feature_columns, place)

    def _add_id(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        column = self._config.id
        value = str(len(self._lines)) if column is None else _id_text(row, column, place)
        name = record_id(value, place)
        first = self._line_of_id.setdefault(name, place.line)
        if first != place.line:
            raise DatasetError(
                f"{place.path}: id {quoted(name)} on lines {first} and {place.line}. "
                "Each record needs an id of its own"
            )

    def _add_features(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        names, cells = _flat(row, self._feature_columns, place)
        if len(cells) != len(self._feature_names):
            expected = len(self._feature_names)
            raise place.error(f"{len(cells)} features, expected {expected}")
        if names != self._feature_names:  # e.g. two lists, one longer and one shorter than before
            one, other = next(
                pair for pair in zip(names, self._feature_names, strict=True) if pair[0] != pair[1]
            )
            raise place.error(f"feature {quoted(one)} stands where {quoted(other)} is expected")
        self._values.extend(numbers(cells, names, place))

    def _add_use(self, place: SourceLine, value: Any) -> None:
        try:
            use = Use(value.strip()) if value else None
        except (ValueError, AttributeError):
            raise place.error(
                f"use {quoted(str(value))} is none of {', '.join(Use)}, and not empty"
            ) from None
        if use is not None and use is not Use.WORK and not (self._labels and self._labels[-1]):
            raise place.error(f"a record for {use} has no known answer")
        self._uses.append(use)

    def dataset(self) -> Dataset:
        if not self._lines:
            raise DatasetError(f"{self._config.path} holds no records")
        classes, truth = self._answers()
        features, notes = self._features()
        return Dataset(
            name=self._config.path,
            ids=tuple(self._line_of_id),
            features=features,
            classes=classes,
            truth=truth,
            texts=tuple(self._texts) or None,
            notes=(*self._text_notes(), *notes, *_answer_notes(classes, truth)),
            feature_names=tuple(self._feature_names),
            use=tuple(self._uses) or None,
        )

    def _answers(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        path, column = self._config.path, self._config.label
        if column is None and not self._config.classes:
            raise DatasetError(
                f"{path}: no classes (dataset.classes). List them, or name the column of known "
                "answers with dataset.label"
            )
        found = self._config.classes or sorted({label for label in self._labels if label})
        where = "dataset.classes" if self._config.classes else f'{path}, column "{column}"'
        classes = check_classes(found, where)
        indices = {name: index for index, name in enumerate(classes)}
        truth = np.full(len(self._lines), UNKNOWN, dtype=np.int64)
        for index, label in enumerate(self._labels):
            if label:
                truth[index] = class_index(label, indices, SourceLine(path, self._lines[index]))
        return classes, truth

    def _features(self) -> tuple[Features, list[str]]:
        if not self._feature_columns:
            return vectorise(self._texts, self._config), []
        matrix = np.frombuffer(self._values, dtype=np.float32).reshape(len(self._lines), -1)
        finite = np.isfinite(matrix)
        if not finite.all():  # a number beyond the range of float32
            row, column = np.argwhere(~finite)[0]
            place = SourceLine(self._config.path, self._lines[row])
            raise not_finite("a number beyond 3.4e38", self._feature_names[column], place)
        matrix, notes = self._without_indices(matrix)
        constant = int((matrix.min(axis=0) == matrix.max(axis=0)).sum())
        note = f"{constant} of {matrix.shape[1]} features are constant"
        return matrix, [*notes, note] if constant else notes

    def _without_indices(
        self, matrix: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], list[str]]:
        """Drop columns that number the rows, unless settings name the columns."""
        if self._survey is None:
            return matrix, []
        found = index_columns(matrix, self._feature_names)
        notes = [*self._survey.left_out(), *found.values()]
        if found:
            matrix = np.delete(matrix, list(found), axis=1)
            kept = enumerate(self._feature_names)
            self._feature_names = [name for index, name in kept if index not in found]
        return matrix, notes

    def _text_notes(self) -> list[str]:
        marked = sum(CONTROL.search(text) is not None for text in self._texts)
        notes = [f"{marked} records contain control characters (shown as ?)"] if marked else []
        blank = [index for index, text in enumerate(self._texts) if not text.strip()]
        if blank:
            notes.append(
                f"{len(blank)} records have no text, the first on line {self._lines[blank[0]]}"
            )
        return notes


def _names(columns: str | tuple[str, ...]) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else columns


def _flat(
    row: Mapping[str, Any], columns: tuple[str, ...], place: SourceLine
) -> tuple[list[str], list[str]]:
    """Return names and cells of the features of a row; a list of numbers is flattened."""
    values: list[Any] = list(map(row.get, columns))
    if set(map(type, values)) == {str}:  # always in CSV
        return list(columns), values
    names: list[str] = []
    cells: list[str] = []
    for column in columns:
        value = _field(row, column, place)
        if isinstance(value, list):
            names += [f"{column}[{index}]" for index in range(len(value))]
            cells += map(_cell, value)
        else:
            names.append(column)
            cells.append(_cell(value))
    return names, cells


def _cell(value: Any) -> str:
    """Return a JSON value as text, so that both formats pass the same check."""
    if value is None:
        return ""  # like an empty cell of CSV
    return value if isinstance(value, str) else repr(value)


def _field(row: Mapping[str, Any], column: str, place: SourceLine) -> Any:
    try:
        return row[column]
    except KeyError:
        raise place.error(f"no {quoted(column)}; found: {listed(row)}") from None


def _text(row: Mapping[str, Any], column: str, place: SourceLine) -> str:
    value = _field(row, column, place)
    if not isinstance(value, str):
        raise place.error(f"{quoted(column)} must be a string, got {quoted(repr(value))}")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise place.error(f"{quoted(column)} holds half a character (a lone surrogate)")
    return value


def _id_text(row: Mapping[str, Any], column: str, place: SourceLine) -> str:
    value = _field(row, column, place)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise place.error(f"bad id {quoted(repr(value))}. An id is a string or a whole number")
    return str(value)


def _label(value: Any, place: SourceLine) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise place.error(f'label must be a string, got {quoted(repr(value))}. Write "{value}"')
    return unicodedata.normalize("NFC", value)


def _answer_notes(classes: tuple[str, ...], truth: NDArray[np.int64]) -> list[str]:
    known = np.unique(truth[truth != UNKNOWN])
    if len(known) != 1:
        return []
    return [
        f"all known answers are {quoted(classes[known[0]])}: there is no model to train on them"
    ]
