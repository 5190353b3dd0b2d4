"""The page for a reader, a browser and an attacker."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from clamshell_tui.core.events import OrderCarriedOut
from clamshell_tui.report.material import Material
from clamshell_tui.report.page import page, sections
from tests.report.conftest import Facts, material_of, rewritten

EVIL = '<img src=x onerror="alert(1)">&\x1b[31m'


class Reader(HTMLParser):
    """Checks that elements nest, and collects what a browser would act on, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def text_of(material: Material) -> str:
    return page(material, sections(material))


@pytest.fixture(scope="module")
def text(material: Material) -> str:
    return text_of(material)


def test_a_page_needs_nothing_but_itself(text: str) -> None:
    read = Reader(text)
    assert not read.tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    names = {name for name, _ in read.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "style", "action"}
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"] * text.count(
        "<svg"
    )
    assert "url(" not in text
    assert "@import" not in text


def test_the_table_of_contents_leads_to_every_section(text: str, material: Material) -> None:
    read = Reader(text)
    links = [value for name, value in read.attributes if name == "href"]
    ids = [value for name, value in read.attributes if name == "id"]
    assert links == [f"#{each}" for each in ids]
    assert ids == [section.id for section in sections(material)]


def test_every_figure_is_a_valid_picture_inside_its_frame(text: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) >= 11
    for picture in pictures:
        root = ET.fromstring(picture)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for x, y in _places(root):
            assert -1 <= x <= width + 1
            assert -1 <= y <= height + 1


def _places(root: ET.Element) -> Iterator[tuple[float, float]]:
    for each in root.iter():
        if "x" in each.attrib:
            yield float(each.attrib["x"]), float(each.attrib["y"])
        if "x1" in each.attrib:
            yield float(each.attrib["x1"]), float(each.attrib["y1"])
            yield float(each.attrib["x2"]), float(each.attrib["y2"])
        for pair in each.attrib.get("points", "").split():
            x, y = pair.split(",")
            yield float(x), float(y)
        for x, y in re.findall(r"M(\S+) (\S+?)(?=[hLV])", each.attrib.get("d", "")):
            yield float(x), float(y)


def test_every_sign_has_a_colour_on_light_and_on_dark_ground(text: str) -> None:
    style = text[text.index("<style>") : text.index("</style>")]
    used = {
        each
        for value in re.findall(r'class="([^"]*)"', text)
        for each in value.split()
        if re.match(r"(f|h|line)-", each)
    }
    assert used
    assert {each for each in used if f".{each} " not in style} == set()
    light, dark = style[: style.index("@media")], style[style.index("@media") :]
    for name in set(re.findall(r"var\((--[a-z]+)\)", style)) - {"--serif", "--sans"}:
        assert f"{name}:" in light
        assert f"{name}:" in dark


def test_the_same_run_file_gives_the_same_page(
    run_file: Path, text: str, material: Material
) -> None:
    again = material_of(run_file)
    assert text_of(again) == text
    assert [sheet.to_csv() for section in sections(again) for sheet in section.sheets] == [
        sheet.to_csv() for section in sections(material) for sheet in section.sheets
    ]


def test_hostile_words_stay_words(run_file: Path, tmp_path: Path) -> None:
    def worded(facts: Facts) -> Facts:
        for place, (at, event) in enumerate(facts):
            if place == 40:
                yield at, OrderCarriedOut(EVIL, "message", EVIL, f"{EVIL} hurry")
            named = getattr(event, "worker", None)
            if named is not None:
                event = msgspec.structs.replace(event, worker=f"{named} {EVIL}")
            yield at, event

    classes = (f"a {EVIL}", f"b {EVIL}", "</style><script>alert(1)</script>")
    meta = {"scenario": EVIL, "description": EVIL, "dataset": EVIL, "version": EVIL}
    path = rewritten(run_file, tmp_path / "evil.db", worded, classes=classes, meta=meta)
    text = text_of(material_of(path))
    read = Reader(text)
    assert not read.tags & {"img", "script"}
    assert "\x1b" not in text
    words = "".join(read.words)
    assert words.count('onerror="alert(1)"') > 20
    assert "hurry" in words
    assert "</style><scri" in words  # the rest of a long class is cut off


@pytest.mark.parametrize("entries", [0, 12, 150])
def test_a_run_that_was_cut_short_has_a_page_too(
    run_file: Path, tmp_path: Path, entries: int
) -> None:
    path = rewritten(run_file, tmp_path / "cut.db", lambda facts: islice(facts, entries))
    read = Reader(text_of(material_of(path)))
    assert "The run is not over, or it was cut short" in "".join(read.words)


def test_warnings_and_orders_are_told_with_who_gave_them(run_file: Path, tmp_path: Path) -> None:
    def ordered(facts: Facts) -> Facts:
        for place, (at, event) in enumerate(facts):
            if place == 40:
                yield at, OrderCarriedOut("eve", "message", "W1", "please hurry")
            yield at, event

    found = sections(material_of(rewritten(run_file, tmp_path / "orders.db", ordered)))
    notes = next(section for section in found if section.id == "notes")
    told = [row[2] for row in notes.sheets[0].rows]
    assert "eve did message to W1: please hurry" in told
    assert any(str(each).startswith("the run is over") for each in told)
