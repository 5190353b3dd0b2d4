"""What a page is made of: sections of paragraphs, figures and tables."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from clamshell_tui.report_page.markup import Markup, element, joined
from clamshell_tui.report_page.sheet import Sheet

ROWS_SHOWN = 60  # of a table; the rest is in its CSV file


class Section(NamedTuple):
    """A heading of the table of contents, what stands below it, and the data behind its figures."""

    id: str
    title: str
    body: Markup
    sheets: tuple[Sheet, ...] = ()


class Column(NamedTuple):
    """A column of a table; figures are set to the right, words to the left."""

    title: str
    numeric: bool = True


def paragraph(*text: str) -> Markup:
    """A paragraph."""
    return element("p", *text)


def figure(drawing: Markup, caption: str, sheet: Sheet | None = None) -> Markup:
    """A drawing, or several, with the caption below; the style sheet numbers figures."""
    return element("figure", drawing, element("figcaption", caption, _source(sheet)))


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    caption: str = "",
    *,
    sheet: Sheet | None = None,
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
    """Names with what they are."""
    found = [joined(element("dt", name), element("dd", value)) for name, value in pairs]
    return element("dl", *found)


def _row(cell: str, columns: Sequence[Column], texts: Sequence[str]) -> Markup:
    cells = [
        element(cell, text, class_="number" if column.numeric else None)
        for column, text in zip(columns, texts, strict=True)
    ]
    return element("tr", *cells)


def _source(sheet: Sheet | None) -> Markup:
    return joined() if sheet is None else joined(" ", element("code", sheet.file_name))
