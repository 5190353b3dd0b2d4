"""Slips that tell participants how to join: a page to print, eight a sheet, or plain text."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from clamshell_tui.participant_texts import ENGLISH_TEXTS, Sentence, Texts
from clamshell_tui.report.html import Markup, element
from clamshell_tui.text import show

if TYPE_CHECKING:
    import segno

TITLE: Final = "Slips of a study"
HTML_BEGINS: Final = "<!doctype html><!-- slips"
TEXT_BEGINS: Final = f"{TITLE}: "
NO_QR: Final = "no QR codes: they need segno. Install it: pip install 'clamshell-tui[slips]'"

_A_SHEET = 8
_CUT = "- " * 39 + "-"
_QUIET = 4  # modules around a QR code, as its standard asks
_BLOCKS = {(0, 0): " ", (1, 0): "\u2580", (0, 1): "\u2584", (1, 1): "\u2588"}
_STYLE = """
@page { size: A4; margin: 8mm }
* { box-sizing: border-box }
body { margin: 0; font: 9pt/1.3 sans-serif; color: #000; background: #fff }
.sheet { display: grid; grid-template: repeat(4, 70mm) / repeat(2, 97mm); break-after: page }
.sheet:last-child { break-after: auto }
.slip { border: 0.3mm dashed #888; padding: 5mm; overflow: hidden; position: relative }
.about { height: 30mm; padding-right: 34mm; overflow: hidden }
.label { font-size: 13pt; font-weight: bold }
.code { margin: 1mm 0; font: bold 17pt monospace; white-space: nowrap }
.note { font-size: 7.5pt }
dl { margin: 0 }
dt { margin-top: 1.2mm }
dd { margin: 0; font: 9pt monospace; overflow-wrap: anywhere }
dd.mark { font-size: 6.5pt; color: #333 }
svg { position: absolute; right: 3mm; top: 3mm; width: 33mm; height: 33mm }
"""


class JoinWay(NamedTuple):
    """One way to join: what to do, what to type, and how to know that the machine is ours."""

    does: Sentence
    typed: str
    fingerprint: Sentence | None = None


class Slip(NamedTuple):
    """The slip of one participant, in the words of ``texts``.

    ``link`` is what the QR code holds, empty for none.
    """

    study: str
    label: str
    code: str
    ways: tuple[JoinWay, ...]
    link: str = ""
    contact: str = ""
    texts: Texts = ENGLISH_TEXTS


def slips_page(slips: Sequence[Slip]) -> str:
    """Return an HTML page of A4 sheets with lines to cut along; it needs no network."""
    sheets = [slips[start : start + _A_SHEET] for start in range(0, len(slips), _A_SHEET)]
    drawn = [element("div", *map(_drawn, sheet), class_="sheet") for sheet in sheets]
    head = element("head", element("meta", charset="utf-8"), element("title", TITLE))
    style = element("style", Markup(_STYLE))
    return f"{HTML_BEGINS} -->\n{element('html', head, style, element('body', *drawn))}\n"


def _drawn(slip: Slip) -> Markup:
    ways: list[Markup] = []
    texts = slip.texts
    for way in slip.ways:
        ways += [element("dt", texts.say(way.does)), element("dd", way.typed)]
        if way.fingerprint is not None:
            ways.append(element("dd", texts.say(way.fingerprint), class_="mark"))
    about = element(
        "div",
        element("div", slip.study),
        element("div", slip.label, class_="label"),
        element("div", slip.code, class_="code"),
        element("div", texts("paper.keep"), class_="note"),
        element("div", slip.contact, class_="note"),
        class_="about",
    )
    return element(
        "div", *_svg(slip), about, element("dl", *ways), class_="slip", lang=texts("web.language")
    )


def _svg(slip: Slip) -> Iterator[Markup]:
    made = _qr(slip.link)
    if made is not None:
        svg = made.svg_inline(omitsize=True, border=_QUIET, svgclass=None, lineclass=None)
        yield Markup(svg)


def slips_text(slips: Sequence[Slip]) -> str:
    """Return the slips as text, with QR codes of half a character per module."""
    title = show(slips[0].study) if slips else ""
    return f"{TEXT_BEGINS}{title}\n\n{_CUT}\n" + "".join(map(_written, slips))


def _written(slip: Slip) -> str:
    texts = slip.texts
    keep = texts("paper.keep")
    lines = [f"{show(slip.study):<66}{slip.label:>12}", "", f"    {slip.code}", "", keep]
    lines += [show(slip.contact)] if slip.contact else []
    lines.append("")
    for way in slip.ways:
        lines += [texts.say(way.does), f"    {show(way.typed)}"]
        lines += [f"    {texts.say(way.fingerprint)}"] if way.fingerprint is not None else []
    made = _qr(slip.link)
    if made is not None:
        lines += ["", *qr_rows(made)]
    return "\n".join([*lines, "", _CUT, ""])


def qr_rows(made: "segno.QRCode") -> list[str]:
    """Return a QR code as rows of text, two modules to a character; dark ones are printed."""
    matrix: list[Any] = list(made.matrix_iter(border=_QUIET))
    if len(matrix) % 2:
        matrix.append([0] * len(matrix[0]))
    pairs = zip(matrix[::2], matrix[1::2], strict=True)
    return ["".join([_BLOCKS[pair] for pair in zip(*rows, strict=True)]) for rows in pairs]


def has_qr() -> bool:
    """Return whether QR codes can be made."""
    from importlib.util import find_spec

    return find_spec("segno") is not None


def _qr(link: str) -> "segno.QRCode | None":
    if not link or not has_qr():
        return None
    import segno

    return segno.make_qr(link, error="m", boost_error=False)
