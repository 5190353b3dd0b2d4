"""The payment list of a study as lines, and as a page to print with receipts to sign."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import structs

from clamshell_tui.formats import coin_decimals, coins
from clamshell_tui.participant_texts import Texts
from clamshell_tui.report.html import Markup, element, joined
from clamshell_tui.study.guests import Identity
from clamshell_tui.study.pay import KINDS, PayRow, in_coins
from clamshell_tui.study.pay_list import PayLine
from clamshell_tui.study.plan import MICROS

BEGINS: Final = "<!doctype html><!-- receipts"

_WORDS = {
    "show_up": "for coming",
    "stages": "time in paid stages",
    "records": "records labelled",
    "waiting": "paid waiting",
    "bonus": "bonus",
    "top_up": "top-up",
    "correction": "correction",
    "rounding": "rounding up",
}
_LEFT = ("name", "outcome")  # columns of words
_STYLE = """
@page { size: A4; margin: 15mm }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 180mm; font: 10pt/1.4 sans-serif; color: #000; background: #fff }
h1 { font-size: 15pt; margin: 0 0 3mm }
h2 { font-size: 13pt; margin: 0 }
table { border-collapse: collapse; width: 100%; margin-top: 3mm }
thead { display: table-header-group }
th { text-align: left; border-bottom: 0.4mm solid #000; vertical-align: bottom }
th, td { padding: 0.8mm 1.5mm }
td.number, .label { white-space: nowrap }
td { vertical-align: top; overflow-wrap: anywhere }
tr { break-inside: avoid }
tbody tr { border-bottom: 0.15mm solid #bbb }
tfoot td { border-top: 0.4mm solid #000; font-weight: bold }
.number { text-align: right; font-variant-numeric: tabular-nums }
.list { break-after: page }
.list table { font-size: 8.5pt }
.receipt { min-height: 130mm; padding: 6mm 0; break-inside: avoid; position: relative }
.receipt:nth-of-type(odd) { border-top: 0.2mm dashed #888 }
.receipt:nth-of-type(even) { break-before: page }
.who { display: flex; justify-content: space-between; margin-bottom: 4mm }
.note { color: #333; font-size: 9pt }
.sign { display: grid; grid-template-columns: 55mm 1fr; gap: 8mm; margin-top: 16mm }
.sign div { border-top: 0.3mm solid #000; padding-top: 1mm; font-size: 9pt }
"""


def amount(micros: int, places: int) -> str:
    """Return an amount without its currency, with so many decimals."""
    whole, rest = divmod(micros, MICROS)
    return f"{whole:,}.{rest:06}"[: places - 6 or None].rstrip(".")


def day(utc: float | None) -> str:
    """Return the date of a moment in UTC; empty for None."""
    return "" if utc is None else f"{datetime.fromtimestamp(utc, UTC):%Y-%m-%d}"


def payment_rows(lines: Sequence[PayLine]) -> Iterator[tuple[str, ...]]:
    """Yield the payment list as cells: a header, a row for each participant, the sums.

    Amounts are in whole coins and add up. Kinds of pay that nobody got are left out.
    """
    lines = [structs.replace(line, statement=in_coins(line.statement)) for line in lines]
    kinds = [kind for kind in KINDS if any(line.statement.of(kind) for line in lines)]
    pay = [_column([line.statement.of(kind) for line in lines], lines) for kind in kinds]
    total = _column([line.statement.total for line in lines], lines)
    owed = _column([line.owed for line in lines], lines)
    yield ("label", "outcome", *kinds, "total", "paid_at", "owed")
    for place, line in enumerate(lines):
        own = [column[place] for column in (*pay, total)]
        yield (line.label, line.outcome or "under way", *own, day(line.paid_at), owed[place])
    yield ("sum", "", *[column[-1] for column in (*pay, total)], "", owed[-1])


def _column(amounts: Sequence[int], lines: Sequence[PayLine]) -> list[str]:
    """Return amounts and their sum."""
    places = coin_decimals(_currency(lines))
    return [amount(each, places) for each in (*amounts, sum(amounts))]


def receipts_page(
    study: str, lines: Sequence[PayLine], names: Mapping[str, Identity], texts: Texts
) -> str:
    """Return a page with the payment list, then a receipt for each whose study is over.

    The list is in English, and receipts are in the words of the participants.
    """
    over = [line for line in lines if line.outcome]
    receipts = [_receipt(study, line, names.get(line.label), texts) for line in over]
    head = element("head", element("meta", charset="utf-8"), element("title", f"Pay of {study}"))
    body = element("body", _list(study, lines, names), *receipts)
    return f"{BEGINS} -->\n{element('html', head, element('style', Markup(_STYLE)), body)}\n"


def _list(study: str, lines: Sequence[PayLine], names: Mapping[str, Identity]) -> Markup:
    header, *rows, sums = payment_rows(lines)
    words = [_WORDS.get(cell, cell.replace("_at", " on").replace("_", " ")) for cell in header]
    if names:
        words.insert(1, "name")
    return element(
        "section",
        element("h1", f"Payment list: {study}"),
        element("p", f"Amounts in {_currency(lines)}."),
        element(
            "table",
            element("thead", _row("th", words)),
            element("tbody", *[_row("td", _named(row, names)) for row in rows]),
            element("tfoot", _row("td", _named(sums, names))),
        ),
        class_="list",
    )


def _named(row: Sequence[str], names: Mapping[str, Identity]) -> Sequence[str]:
    known = names.get(row[0])
    return [row[0], "" if known is None else known.name, *row[1:]] if names else row


def _row(cell: str, texts: Sequence[str]) -> Markup:
    """The first column is a label; amounts, and what is above them, are set to the right."""
    cells = []
    for place, text in enumerate(texts):
        kind = "label" if place == 0 else None if text in _LEFT or _is_word(text) else "number"
        if cell == "th" and text not in _LEFT and place:
            kind = "number"
        cells.append(element(cell, text, class_=kind))
    return element("tr", *cells)


def _is_word(text: str) -> bool:
    return not text.replace(",", "").replace(".", "").replace("-", "").isdigit()


def _receipt(study: str, line: PayLine, who: Identity | None, texts: Texts) -> Markup:
    pay = in_coins(line.statement)
    email = element("div", who.email, class_="note") if who is not None and who.email else ""
    total = coins(pay.total, pay.currency, texts.numerals)
    title = element("div", element("h2", texts("paper.receipt")), element("div", study))
    name = element("div", "" if who is None else who.name, email)
    paid = joined()
    if line.paid:
        handed = coins(line.paid, pay.currency, texts.numerals)
        noted = texts("paper.paid", date=day(line.paid_at), amount=handed)
        paid = element("p", noted, class_="note")
    signs = [element("div", texts(f"paper.{each}")) for each in ("place_date", "signature")]
    return element(
        "section",
        element("div", title, element("h2", line.label), class_="who"),
        name,
        element(
            "table",
            element("tbody", *[_pay_row(row, pay.currency, texts) for row in pay.rows]),
            element(
                "tfoot",
                element(
                    "tr",
                    element("td", texts("paper.total"), colspan=2),
                    element("td", total, class_="number"),
                ),
            ),
        ),
        paid,
        element("p", texts("paper.received", amount=total)),
        element("div", *signs, class_="sign"),
        class_="receipt",
        lang=texts("web.language"),
    )


def _pay_row(row: PayRow, currency: str, texts: Texts) -> Markup:
    return element(
        "tr",
        element("td", texts(f"receipt.{row.kind}"), class_="label"),
        element("td", texts.say(row.reason), class_="note"),
        element("td", coins(row.micros, currency, texts.numerals), class_="number"),
    )


def _currency(lines: Sequence[PayLine]) -> str:
    return lines[0].statement.currency if lines else "no currency"
