"""The report as one HTML page without external resources, and its CSV files.

Existing files are replaced only on request, and only files that an earlier report wrote.
"""

from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from clamshell_tui.core.config import RULES
from clamshell_tui.errors import InputError
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import HtmlSection, Markup, element, joined
from clamshell_tui.report.material import Material
from clamshell_tui.report.sections.batches import batches
from clamshell_tui.report.sections.labels import labels
from clamshell_tui.report.sections.latencies import latencies
from clamshell_tui.report.sections.learning import learning
from clamshell_tui.report.sections.pay import pay
from clamshell_tui.report.sections.pool import evictions, pool
from clamshell_tui.report.sections.summary import notes, settings, summary
from clamshell_tui.report.sections.timeline import timeline
from clamshell_tui.report.sections.workers import workers
from clamshell_tui.runfile.output_path import (
    cannot_write,
    check_place,
    has_columns,
    head,
    write_text,
)
from clamshell_tui.scenario.rules import rules_of
from clamshell_tui.text import show

GENERATOR = "clamshell report"
"""Identifies our pages, so that no other file is overwritten."""

_SECTIONS: tuple[Callable[[Material], HtmlSection], ...] = (
    summary,
    timeline,
    learning,
    latencies,
    batches,
    pool,
    evictions,
    workers,
    pay,
    labels,
    notes,
    settings,
)


def sections(material: Material) -> list[HtmlSection]:
    """All of them, in the order of the page."""
    return [section(material) for section in _SECTIONS]


def page(material: Material, found: Sequence[HtmlSection]) -> str:
    """The page as text. The same run gives the same page: no clock, no path, no chance."""
    title = f"{material.meta.get('scenario') or 'A run'}, seed {material.meta.get('seed', '-')}"
    body = element(
        "body",
        _heading(material),
        _contents(found),
        element("main", *[_section(section) for section in found]),
        _origin(material),
    )
    return f"<!DOCTYPE html>\n{element('html', _head(title), body, lang='en')}\n"


def _head(title: str) -> Markup:
    style = resources.files("clamshell_tui.report").joinpath("page.css").read_text("utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="generator", content=GENERATOR),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(style)),
    )


def _heading(material: Material) -> Markup:
    meta = material.meta
    facts = [f"{key} {meta[key]}" for key in ("dataset", "population", "seed") if meta.get(key)]
    return element(
        "header",
        element("h1", meta.get("scenario") or "A run"),
        element("p", meta.get("description", ""), class_="about"),
        element("p", " \u00b7 ".join(facts), class_="facts"),
    )


def _contents(found: Sequence[HtmlSection]) -> Markup:
    entries = [
        element("li", element("a", section.title, href=f"#{section.id}")) for section in found
    ]
    return element("nav", element("ol", *entries), aria_label="Contents")


def _section(section: HtmlSection) -> Markup:
    return element("section", element("h2", section.title), section.body, id=section.id)


def _origin(material: Material) -> Markup:
    """Which journal this is about, so that page and run file can be matched."""
    meta = material.meta
    told = [f"Made by clamshell report from a run of version {meta.get('version', 'unknown')}"]
    told.append(f"{material.entries:,} events in its journal")
    if material.replica is None:
        told.append(
            f"made by rules {rules_of(meta)}, this program has {RULES}: not replayed, so "
            "estimates, checks of answers and orders are left out"
        )
    if material.note:
        told.append(material.note)
    if "journal_hash" in meta:
        told.append(f"last hash {meta['journal_hash']}")
    return element("footer", joined(f"{'; '.join(told)}."))


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
    """Write the whole page, or nothing."""
    refuse_to_harm(path, overwrite=overwrite)
    write_text(path, text)


def write_sheets(folder: Path, sheets: Sequence[CsvSheet], *, overwrite: bool) -> int:
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
