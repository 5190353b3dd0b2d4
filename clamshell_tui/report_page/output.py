"""Puts a page and its CSV files on the disk; nothing is replaced that nobody asked to replace."""

from collections.abc import Sequence
from pathlib import Path

from clamshell_tui.errors import InputError
from clamshell_tui.report_page.page import GENERATOR
from clamshell_tui.report_page.sheet import Sheet
from clamshell_tui.runfile.faults import cannot_write
from clamshell_tui.runfile.places import check_place, has_columns, head, write_text
from clamshell_tui.text import show

_TELLING = 3  # columns that a sheet is known by; later versions may have more of them


def refuse_to_harm(path: Path, *, overwrite: bool) -> None:
    """InputError if ``path`` exists and may not be replaced: only a page of ours ever is."""
    check_place(path, overwrite=overwrite, ours=_is_ours, kind="a report")


def refuse_to_harm_sheets(folder: Path, *, overwrite: bool) -> None:
    """InputError if ``folder`` is no directory, or has CSV files and ``overwrite`` was not said."""
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{show(str(folder))} is not a directory. Name another one for --csv")
        if not overwrite and folder.is_dir() and next(folder.glob("*.csv"), None) is not None:
            raise InputError(
                f"{show(str(folder))} has CSV files; replace them with --force, "
                "or name another directory"
            )
    except OSError as error:
        raise cannot_write(folder, error) from error


def write_page(path: Path, text: str, *, overwrite: bool) -> None:
    """Write a page, all of it or nothing."""
    refuse_to_harm(path, overwrite=overwrite)
    write_text(path, text)


def write_sheets(folder: Path, sheets: Sequence[Sheet], *, overwrite: bool) -> int:
    """Write a CSV file for each sheet, in a directory that is made if need be; returns how many.

    InputError, and nothing is written, if one of the names is taken by a file of another kind.
    """
    refuse_to_harm_sheets(folder, overwrite=overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    for sheet in sheets:
        ours = has_columns(*sheet.columns[:_TELLING])
        kind = f'the sheet "{sheet.name}" of a report'
        check_place(folder / sheet.file_name, overwrite=overwrite, ours=ours, kind=kind)
    for sheet in sheets:
        write_text(folder / sheet.file_name, sheet.to_csv())
    return len(sheets)


def _is_ours(path: Path) -> bool:
    return f'content="{GENERATOR}"' in head(path)
