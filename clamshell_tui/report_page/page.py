"""The sections together as one HTML page, which needs nothing but itself."""

from collections.abc import Callable, Sequence
from importlib import resources

from clamshell_tui.core.config import RULES
from clamshell_tui.report_page.markup import Markup, element, joined
from clamshell_tui.report_page.material import Material
from clamshell_tui.report_page.parts import Section
from clamshell_tui.report_page.sections.batches import batches
from clamshell_tui.report_page.sections.evictions import evictions
from clamshell_tui.report_page.sections.labels import labels
from clamshell_tui.report_page.sections.latencies import latencies
from clamshell_tui.report_page.sections.learning import learning
from clamshell_tui.report_page.sections.notes import notes
from clamshell_tui.report_page.sections.pay import pay
from clamshell_tui.report_page.sections.pool import pool
from clamshell_tui.report_page.sections.settings import settings
from clamshell_tui.report_page.sections.summary import summary
from clamshell_tui.report_page.sections.timeline import timeline
from clamshell_tui.report_page.sections.workers import workers
from clamshell_tui.scenario.rules import rules_of

GENERATOR = "clamshell report"
"""What a page says it was made by: how one is known again."""

_SECTIONS: tuple[Callable[[Material], Section], ...] = (
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


def sections(material: Material) -> list[Section]:
    """All of them, in the order of the page."""
    return [section(material) for section in _SECTIONS]


def page(material: Material, found: Sequence[Section]) -> str:
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
    style = resources.files("clamshell_tui.report_page").joinpath("page.css").read_text("utf-8")
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


def _contents(found: Sequence[Section]) -> Markup:
    entries = [
        element("li", element("a", section.title, href=f"#{section.id}")) for section in found
    ]
    return element("nav", element("ol", *entries), aria_label="Contents")


def _section(section: Section) -> Markup:
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
    if "journal_hash" in meta:
        told.append(f"last hash {meta['journal_hash']}")
    return element("footer", joined(f"{'; '.join(told)}."))
