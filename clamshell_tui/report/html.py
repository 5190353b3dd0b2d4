"""HTML as text: elements, sections, figures and tables; everything that is not markup is escaped.

A record's class, a worker's name or an operator's message may hold anything. Plain strings always
become text; only the result of :func:`element` is taken as it is.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.text import show

_VOID = frozenset({"meta", "br", "hr"})


class Markup(str):
    """Text that is HTML already; made by :func:`element` and :func:`joined` only."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | float | None) -> Markup:
    """``element("td", "a < b", class_="number")``; an attribute that is None is left out.

    A trailing underscore of an attribute's name is dropped and the others become hyphens.
    """
    start = "".join([_attribute(key, value) for key, value in attributes.items()])
    if name in _VOID:
        return Markup(f"<{name}{start}>")
    return Markup(f"<{name}{start}>{joined(*children)}</{name}>")


def joined(*parts: str) -> Markup:

    return Markup("".join([_text(part) for part in parts]))


def number(value: float) -> str:
    """A coordinate: two decimals at most, so that pages stay small and are the same everywhere."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _text(part: str) -> str:
    return part if isinstance(part, Markup) else escape(show(part), quote=False)


def _attribute(key: str, value: str | float | None) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else number(value)
    return f' {key.rstrip("_").replace("_", "-")}="{escape(show(text))}"'


ROWS_SHOWN = 60  # of a table; the rest is in its CSV file


class HtmlSection(NamedTuple):
    """A section of the page, with the data behind its figures."""

    id: str
    title: str
    body: Markup
    sheets: tuple[CsvSheet, ...] = ()


class HtmlColumn(NamedTuple):
    """A column of a table; figures are set to the right, words to the left."""

    title: str
    numeric: bool = True


def paragraph(*text: str) -> Markup:

    return element("p", *text)


def figure(drawing: Markup, caption: str, sheet: CsvSheet | None = None) -> Markup:
    """A drawing, or several, with the caption below; the style sheet numbers figures."""
    return element("figure", drawing, element("figcaption", caption, _source(sheet)))


def table(
    columns: Sequence[HtmlColumn],
    rows: Sequence[Sequence[str]],
    caption: str = "",
    *,
    sheet: CsvSheet | None = None,
    total: Sequence[str] | None = None,
) -> Markup:
    """A table, at most :data:`ROWS_SHOWN` rows of it, and a last line of totals."""
    hidden = len(rows) - ROWS_SHOWN
    more = f" The first {ROWS_SHOWN} of {len(rows):,} are shown." if hidden > 0 else ""
    titles = [column.title for column in columns]
    head = element("thead", _row("th", columns, titles)) if any(titles) else joined()
    body = element("tbody", *[_row("td", columns, row) for row in rows[:ROWS_SHOWN]])
    foot = element("tfoot", _row("td", columns, total)) if total is not None else joined()
    said = element("caption", caption, more, _source(sheet)) if caption else joined()
    return element("div", element("table", said, head, body, foot), class_="wide")


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """A list of names and values."""
    found = [joined(element("dt", name), element("dd", value)) for name, value in pairs]
    return element("dl", *found)


def _row(cell: str, columns: Sequence[HtmlColumn], texts: Sequence[str]) -> Markup:
    cells = [
        element(cell, text, class_="number" if column.numeric else None)
        for column, text in zip(columns, texts, strict=True)
    ]
    return element("tr", *cells)


def _source(sheet: CsvSheet | None) -> Markup:
    return joined() if sheet is None else joined(" ", element("code", sheet.file_name))
