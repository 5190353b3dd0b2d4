"""A table of results: columns of plain Python values, for pandas, Arrow or a loop."""

import csv
from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from clamshell_tui.errors import EnvironmentFaultError

if TYPE_CHECKING:
    import pandas
    import pyarrow

_SHOWN = 10  # rows of a table in a notebook


class Table:
    """Columns of equal length, immutable.

    Iterating gives named rows: ``[row.label for row in table]``. ``table["label"]`` is a column.
    Times are seconds since the start of the run, amounts of money integer micro-dollars.
    """

    def __init__(self, columns: Mapping[str, Sequence[object]]) -> None:
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")
        self._columns = {name: tuple(values) for name, values in columns.items()}
        self._length = next(iter(lengths), 0)

    @classmethod
    def of(cls, kind: type[Struct], rows: Iterable[Struct]) -> "Table":
        """Return the fields of structs as columns."""
        names, kept = kind.__struct_fields__, list(rows)
        return cls({name: [_plain(getattr(row, name)) for row in kept] for name in names})

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self._columns)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, column: str) -> tuple[Any, ...]:
        return self._columns[column]

    def __iter__(self) -> Iterator[Any]:
        row = namedtuple("TableRow", self.columns, rename=True)  # type: ignore[misc]  # by column
        return map(row._make, zip(*self._columns.values(), strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self._columns == other._columns

    __hash__ = None  # type: ignore[assignment]  # equal by contents, which may be large

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a DataFrame; EnvironmentFaultError without pandas."""
        frame: pandas.DataFrame = _library("pandas").DataFrame(dict(self._columns))
        return frame

    def to_arrow(self) -> "pyarrow.Table":
        """Return an Arrow table; EnvironmentFaultError without pyarrow."""
        columns = {name: list(values) for name, values in self._columns.items()}
        table: pyarrow.Table = _library("pyarrow").table(columns)
        return table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a capsule of the Arrow PyCapsule interface, for polars, DuckDB and others."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_csv(self, path: str | Path) -> None:
        """Write a CSV file with a header line; None is empty. Replaces an existing file."""
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self.columns)
            writer.writerows(zip(*self._columns.values(), strict=True))

    def __repr__(self) -> str:
        return f"<Table of {len(self):,} rows: {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        """Return the first rows for a notebook."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(_shown(value))}</td>' for value in row)}</tr>"
            for row in islice(self, _SHOWN)
        )
        return f"<table><tr>{head}</tr>{body}</table><p>{len(self):,} rows</p>"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _shown(value: object) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise EnvironmentFaultError(
            f"{name} is not installed. pip install {name}, or use the columns of the table"
        ) from error
