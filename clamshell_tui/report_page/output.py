"""Puts a page and its CSV files on the disk; nothing is replaced that nobody asked to replace."""

from collections.abc import Iterable
from pathlib import Path

from clamshell_tui.errors import InputError
from clamshell_tui.report_page.page import GENERATOR
from clamshell_tui.report_page.sheet import Sheet
from clamshell_tui.runfile.faults import cannot_write
from clamshell_tui.runfile.places import check_place, write_text
from clamshell_tui.text import show

_HEAD = 1000  # bytes of a file in which a page of ours says what it is


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


def write_sheets(folder: Path, sheets: Iterable[Sheet], *, overwrite: bool) -> int:
    """Write a CSV file for each sheet, in a directory that is made if need be; returns how many."""
    refuse_to_harm_sheets(folder, overwrite=overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    written = 0
    for sheet in sheets:
        write_text(folder / sheet.file_name, sheet.to_csv())
        written += 1
    return written


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return not head or f'content="{GENERATOR}"'.encode() in head
