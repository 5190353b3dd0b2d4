"""A table of data behind a figure, and the same as CSV."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import NamedTuple

Cell = str | int | float | bool | None


class CsvSheet(NamedTuple):
    """Seconds, seconds per label, (micro-)dollars and shares 0..1, as the columns' names say."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    @property
    def file_name(self) -> str:

        return f"{self.name}.csv"

    def to_csv(self) -> str:
        """With a line of names; what is not known is empty, and yes is 1, no 0."""
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow([int(cell) if isinstance(cell, bool) else cell for cell in row])
        return text.getvalue()
