"""Makes records of rows: ids, texts, features and known answers, with every field checked.

Only what a record needs is kept of a row, so that a million rows take little memory.
"""

from array import array
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.answers import Answers
from clamshell_tui.datasets.checks import (
    CONTROL,
    SourceLine,
    like_a_number,
    listed,
    not_finite,
    numbers,
    quoted,
)
from clamshell_tui.datasets.config import JsonlConfig, TableConfig, Use
from clamshell_tui.datasets.dataset import UNKNOWN, Dataset, Features
from clamshell_tui.datasets.ids import Ids
from clamshell_tui.datasets.numeric_columns import Survey, index_columns, number_in_json
from clamshell_tui.datasets.packed import TextPacker
from clamshell_tui.datasets.rows import CsvFile, RowFile, missing_column
from clamshell_tui.datasets.values import field, flat_cells, text_of
from clamshell_tui.errors import DatasetError
from clamshell_tui.formats import count


def assemble(source: RowFile, config: TableConfig, *, features: bool = True) -> Dataset:
    """Return the records of a file; the first bad field raises :class:`DatasetError`.

    The file is read twice if no setting names the feature columns. Without ``features``, texts get
    none.
    """
    survey = None
    if not config.text and not config.features:
        like = like_a_number if isinstance(source, CsvFile) else number_in_json
        survey = Survey({config.id, config.label, config.use, config.group, config.why}, like)
        with closing(source.rows()) as rows:
            for line, row in rows:
                survey.add(SourceLine(config.path, line), row)
    table = _Table(config, survey, source.decimal, vectorised=features)
    with closing(source.rows()) as rows:  # also the file, when a row is refused
        for line, row in rows:
            table.add(SourceLine(config.path, line), row)
    return table.dataset(source.notes)


class _Table:
    """Columns that grow with each row. The first row fixes the number of features."""

    def __init__(
        self, config: TableConfig, survey: Survey | None, decimal: str, *, vectorised: bool
    ) -> None:
        self._config = config
        self._vectorised = vectorised
        self._survey = survey
        self._decimal = decimal
        self._text_columns = _names(config.text)
        self._feature_columns = _names(config.features) if survey is None else survey.numeric()
        self._feature_names: list[str] = []
        self._row = 0
        self._lines = array("I")
        self._ids = Ids(config.path, config.id)
        self._texts = TextPacker()
        self._values = array("f")
        self._answers = Answers(config)
        self._uses: list[Use | None] = []
        self._reasons: list[str] = []
        self._groups: dict[Any, int] = {}
        self._group_of = array("q")
        self._blank: list[int] = []  # lines without text
        self._marked = 0

    def add(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        if not self._row:
            self._settle_columns(place, row)
        number, self._row = self._row, self._row + 1
        if self._text_columns and not self._add_text(place, row):
            return
        self._ids.add(number, row, place)
        if self._feature_columns:
            self._add_features(place, row)
        if self._config.label is not None:
            self._answers.add(row.get(self._config.label), place)
        if self._config.use is not None:
            self._uses.append(_use(row.get(self._config.use), place))
        if self._config.why is not None:
            self._reasons.append(str(row.get(self._config.why) or "").strip())
        if self._config.group is not None:
            value = str(field(row, self._config.group, place))
            self._group_of.append(self._groups.setdefault(value, len(self._groups)))
        self._lines.append(place.line)

    def _settle_columns(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        config = self._config
        # A JSON object may have no label, which is then unknown. A table must have the column.
        label = () if isinstance(config, JsonlConfig) else _names(config.label or ())
        asked = (*_names(config.features), *_names(config.group or ()))
        roles = (*_names(config.use or ()), *_names(config.why or ()))
        for name in (*_names(config.id or ()), *self._text_columns, *asked, *label, *roles):
            if name not in row:
                raise missing_column(place.path, name, row)
        if not self._text_columns and not self._feature_columns:
            raise DatasetError(
                f"{place.path} has no numeric column; found: {listed(row)}. "
                "Name the column that workers read with dataset.text"
            )
        if self._feature_columns:
            self._feature_names, _ = flat_cells(row, self._feature_columns, place)

    def _add_text(self, place: SourceLine, row: Mapping[str, Any]) -> bool:
        """Add the text of a row; False if it is blank, and so there is nothing to label."""
        if len(self._text_columns) == 1:
            (name,) = self._text_columns
            text = text_of(field(row, name, place), name, place)
        else:
            names = self._text_columns
            text = "\n".join(text_of(field(row, name, place), name, place) for name in names)
        if not text or text.isspace():
            self._blank.append(place.line)
            return False
        if not text.isprintable():  # quicker than a search
            self._marked += CONTROL.search(text) is not None
        self._texts.add(text)
        return True

    def _add_features(self, place: SourceLine, row: Mapping[str, Any]) -> None:
        names, cells = flat_cells(row, self._feature_columns, place)
        if len(cells) != len(self._feature_names):
            expected = len(self._feature_names)
            raise place.error(f"{len(cells)} features, expected {expected}")
        if names != self._feature_names:  # e.g. two lists, one longer and one shorter than before
            one, other = next(
                pair for pair in zip(names, self._feature_names, strict=True) if pair[0] != pair[1]
            )
            raise place.error(f"feature {quoted(one)} stands where {quoted(other)} is expected")
        if self._decimal != ".":
            cells = [cell.replace(self._decimal, ".") for cell in cells]
        self._values.extend(numbers(cells, names, place))

    def _check_uses(self, truth: NDArray[np.int64], ids: Sequence[str]) -> None:
        for use, answer, line, id_ in zip(
            self._uses, truth.tolist(), self._lines, ids, strict=True
        ):
            if use not in (None, Use.WORK) and answer == UNKNOWN:
                place = SourceLine(self._config.path, line)
                raise place.error(f"{use} {quoted(id_)} has no known answer")

    def dataset(self, found_out: Sequence[str]) -> Dataset:
        """Return all records; ``found_out`` are the notes of the file."""
        if not self._lines:
            raise DatasetError(f"{self._config.path} holds no records{self._without_text()}")
        ids = self._ids.packed(self._lines)
        classes, truth = self._answers.settled(len(self._lines))
        if self._uses:
            self._check_uses(truth, ids)
        texts = self._texts.packed() if len(self._texts) else None
        features, notes = self._features(texts)
        return Dataset(
            name=self._config.path,
            ids=ids,
            features=features,
            classes=classes,
            truth=truth,
            texts=texts,
            notes=(*found_out, *self._ids.notes, *self._text_notes(), *notes, *self._answers.notes),
            feature_names=tuple(self._feature_names),
            use=tuple(self._uses) or None,
            why=tuple(self._reasons) or None,
            groups=np.array(self._group_of, dtype=np.int64) if self._groups else None,
        )

    def _features(self, texts: Sequence[str] | None) -> tuple[Features, list[str]]:
        if not self._feature_columns:
            assert texts is not None, "a table has texts or features"
            if not self._vectorised:
                return np.empty((len(texts), 0), dtype=np.float32), []
            from clamshell_tui.datasets.vectoriser import vectorise  # scikit-learn takes seconds

            return vectorise(texts, self._config), []
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
        marked = self._marked
        notes = [f"{marked} records contain control characters (shown as ?)"] if marked else []
        if self._blank:
            notes.append(self._without_text()[2:])
        return notes

    def _without_text(self) -> str:
        if not self._blank:
            return ""
        rows = count(len(self._blank), "row")
        return f": left out, without a text: {rows}, the first on line {self._blank[0]}"


def _names(columns: str | tuple[str, ...]) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else columns


def _use(value: Any, place: SourceLine) -> Use | None:
    try:
        return Use(value.strip()) if value else None
    except (ValueError, AttributeError):
        raise place.error(
            f"use {quoted(str(value))} is none of {', '.join(Use)}, and not empty"
        ) from None
