"""Reads Parquet files, with pyarrow (the extra ``parquet``)."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

from clamshell_tui.datasets.config import ParquetConfig
from clamshell_tui.datasets.rows import Row
from clamshell_tui.datasets.signatures import PARQUET
from clamshell_tui.datasets.text_file import first_bytes
from clamshell_tui.errors import DatasetError, EnvironmentFaultError
from clamshell_tui.text import show

_TOGETHER = 1000  # rows


class ParquetFile:
    """A Parquet file; rows are numbered from 1."""

    decimal = "."

    def __init__(self, file: Path, config: ParquetConfig) -> None:
        self.path = config.path
        self.notes: list[str] = []
        self._file = file
        if not first_bytes(file, self.path).startswith(PARQUET):
            raise DatasetError(
                f'{show(self.path)} is not a Parquet file (dataset.kind). Set "csv" or "jsonl"'
            )
        try:
            from pyarrow import parquet
        except ImportError as error:
            raise EnvironmentFaultError(
                f"{show(self.path)}: Parquet needs pyarrow. Install it: pip install "
                "'clamshell-tui[parquet]'"
            ) from error
        self._opened: Any = parquet.ParquetFile

    def described(self) -> list[tuple[str, str]]:
        return [("format", "Parquet")]

    def rows(self) -> Generator[Row, None, None]:
        from pyarrow import ArrowException

        try:
            number = 0
            with self._opened(self._file) as file:
                for batch in file.iter_batches(_TOGETHER):
                    for row in batch.to_pylist():
                        number += 1
                        yield number, row
        except (ArrowException, OSError) as error:
            reason = show(str(error).partition("\n")[0])
            raise DatasetError(f"{show(self.path)} is damaged: {reason}. Fetch it again") from error
