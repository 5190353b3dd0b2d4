"""Labels by class, and against the truth where it is known."""

from collections import Counter
from collections.abc import Sequence

from clamshell_tui.formats import count, percent
from clamshell_tui.report.chart import linear
from clamshell_tui.report.chart_svg import Drawing, LegendEntry, Rows, legend
from clamshell_tui.report.consensus import final_accuracy
from clamshell_tui.report.csv_sheet import CsvSheet
from clamshell_tui.report.html import (
    HtmlColumn,
    HtmlSection,
    Markup,
    element,
    figure,
    joined,
    paragraph,
    table,
)
from clamshell_tui.report.material import Material
from clamshell_tui.report.sections.reliability import COLUMNS, reliability, support_bins
from clamshell_tui.run.tables import LabelRow

_MOST_CLASSES = 16  # of a confusion matrix on the page; more are listed as pairs
_DRAWN = 60
_SHADES = 6


def labels(material: Material) -> HtmlSection:
    """How often each class was given, and what was confused with what."""
    rows = sorted(material.tables.labels.values(), key=lambda row: (row.at, row.record))
    given = Counter(row.label for row in rows)
    truths = Counter(row.truth for row in rows if row.truth is not None)
    pairs = Counter((row.truth, row.label) for row in rows if row.truth is not None)
    classes = [*material.config.classes]
    by_class = [(name, given[name], truths[name], pairs[name, name]) for name in classes]
    claims, bins = _claims(classes, rows), support_bins(rows)
    sheets = (
        CsvSheet("labels_by_class", ("class", "labels", "truths", "right"), by_class),
        CsvSheet("confusion", ("truth", "label", "records"), _pairs(classes, pairs)),
        CsvSheet("support", ("class", "labels", "support", "right"), claims),
        CsvSheet("reliability", COLUMNS, bins),
    )
    if not rows:
        return HtmlSection("labels", "Labels", paragraph("No label was delivered."), sheets)
    told = f"{count(len(rows), 'label')} by class."
    body = [figure(_draw(classes[:_DRAWN], given, truths), told, sheets[0])]
    if pairs:
        body += [_confusion(classes, pairs, sheets[1]), _support(material, claims, sheets[2])]
        if material.config.tasks.votes > 1:
            body.append(reliability(bins, sheets[3]))
        body.append(_final(material))
    else:
        body.append(paragraph("No true class is known, so nothing can be said of mistakes."))
    return HtmlSection("labels", "Labels", joined(*body), sheets)


_Claim = tuple[str, int, float, int]
"""Class, labels of it whose truth is known, their mean support, and how many are right."""


def _claims(classes: list[str], rows: Sequence[LabelRow]) -> list[_Claim]:
    claims = []
    for name in classes:
        known = [row for row in rows if row.label == name and row.truth is not None]
        if known:
            mean = sum(row.support for row in known) / len(known)
            claims.append((name, len(known), mean, sum(row.truth == name for row in known)))
    return claims


def _support(material: Material, claims: list[_Claim], sheet: CsvSheet) -> Markup:
    """The support of the labels of each class against the share of them that is right."""
    if material.config.tasks.votes < 2:
        return joined()
    adaptive = material.config.quality.confidence is not None
    meaning = "the probability that it is right" if adaptive else "its share of the votes"
    columns = [
        HtmlColumn("Label", numeric=False),
        *map(HtmlColumn, ("Labels", "Mean support", "Right")),
    ]
    cells = [
        [name, count(n), percent(claimed), percent(right / n)]
        for name, n, claimed, right in claims[:_DRAWN]
    ]
    told = f"The support of a label is {meaning}. Claimed against true, by class of the label."
    return table(columns, cells, told, sheet=sheet)


def _final(material: Material) -> Markup:
    """Accuracy of the consensus of all answers, weighted by worker."""
    answers = Counter(row.record for row in material.tables.work_answers)
    share = final_accuracy(material.tables) if max(answers.values(), default=0) > 1 else None
    if share is None:
        return joined()
    return paragraph(
        "Dawid and Skene's estimate from all answers, late ones too, "
        f"would have {percent(share)} of these labels right."
    )


def _draw(classes: list[str], given: Counter[str], truths: Counter[str]) -> Markup:
    drawing = Drawing("Labels by class")
    bar, truth = (
        LegendEntry("bar", "f-blue", "labels"),
        LegendEntry("diamond", "h-orange", "true class"),
    )
    top = legend(drawing, [bar, *([truth] if truths else [])])
    most = max([*given.values(), *truths.values()])
    rows = Rows(drawing, top + 8, classes, linear(0, max(most, 5), 8))
    rows.axis("records")
    rows.bars(bar.class_, [(nth, 0.0, float(given[name])) for nth, name in enumerate(classes)])
    if truths:
        rows.marks(truth, [(truths[name], nth) for nth, name in enumerate(classes)])
    return drawing.svg()


_Pairs = Counter[tuple[str, str]]


def _pairs(classes: list[str], pairs: _Pairs) -> list[tuple[str, str, int]]:
    places = {name: place for place, name in enumerate(classes)}
    known = sorted(pairs, key=lambda pair: (places.get(pair[0], -1), places.get(pair[1], -1), pair))
    return [(truth, label, pairs[truth, label]) for truth, label in known]


def _confusion(classes: list[str], pairs: _Pairs, sheet: CsvSheet) -> Markup:
    right = sum(number for (truth, label), number in pairs.items() if truth == label)
    known = sum(pairs.values())
    told = f"{count(right)} of {count(known)} labels are right ({percent(right / known)})."
    if len(classes) > _MOST_CLASSES:
        return _mistakes(pairs, told, sheet)
    return _matrix(classes, pairs, f"{told} Rows are the truth, columns the label.", sheet)


def _mistakes(pairs: _Pairs, told: str, sheet: CsvSheet) -> Markup:
    wrong = [(number, pair) for pair, number in pairs.items() if pair[0] != pair[1]]
    wrong.sort(key=lambda each: (-each[0], each[1]))
    columns = [
        HtmlColumn("Truth", numeric=False),
        HtmlColumn("Label", numeric=False),
        HtmlColumn("Records"),
    ]
    rows = [[truth, label, count(number)] for number, (truth, label) in wrong]
    return table(columns, rows, f"{told} What was confused, the most frequent first.", sheet=sheet)


def _matrix(classes: list[str], pairs: _Pairs, told: str, sheet: CsvSheet) -> Markup:
    head = element("tr", element("th", ""), *[_named(name) for name in classes], element("th", ""))
    lines = [_line(truth, classes, pairs) for truth in classes]
    caption = element("caption", told, " ", element("code", sheet.file_name))
    body = element("table", caption, element("thead", head), element("tbody", *lines))
    return element("div", body, class_="wide matrix")


def _line(truth: str, classes: list[str], pairs: _Pairs) -> Markup:
    found = [pairs[truth, label] for label in classes]
    whole = sum(found)
    cells = [
        element("td", count(number) if number else "\u00b7", class_=_shade(number, whole))
        for number in found
    ]
    share = percent(pairs[truth, truth] / whole) if whole else "-"
    return element("tr", _named(truth), *cells, element("td", share, class_="number"))


def _named(name: str) -> Markup:
    return element("th", name if len(name) <= 14 else f"{name[:13]}\u2026", class_="number")


def _shade(number: int, whole: int) -> str:
    """The darker, the larger the share of the row; the number stands there anyway."""
    return f"number s{-(-number * _SHADES // whole)}" if number else "number none"
