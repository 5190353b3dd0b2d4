"""What was asked of the run, every setting of it."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from clamshell_tui.report_page.markup import Markup, element, joined
from clamshell_tui.report_page.material import Material
from clamshell_tui.report_page.parts import Section, facts, paragraph
from clamshell_tui.report_page.sheet import Sheet
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.scenario.rules import SCENARIO
from clamshell_tui.scenario.toml_text import to_toml

_ELSEWHERE = frozenset({"name", "description", "expect"})  # in the heading, or not of the run
_LONGEST = 400  # characters of a value that are shown


def settings(material: Material) -> Section:
    """A list of each table of the scenario; what differs from the default stands out."""
    scenario = tomllib.loads(material.meta[SCENARIO])
    usual = dict(_flat("", _defaults(scenario)))
    rows = [(key, value, usual.get(key) != value) for key, value in _flat("", scenario)]
    groups: dict[str, list[tuple[str, str, bool]]] = {}
    for key, value, changed in rows:
        table, _, name = key.rpartition(".")
        groups.setdefault(table or "run", []).append((name, value, changed))
    lists = [_group(name, found) for name, found in groups.items()]
    return Section(
        "settings",
        "Settings",
        joined(
            paragraph(
                "Every setting that the run was made with; seconds, dollars and shares. Those in ",
                element("strong", "bold"),
                " differ from the default.",
            ),
            element("div", *lists, class_="settings"),
        ),
        (Sheet("settings", ("key", "value", "changed"), rows),),
    )


def _group(name: str, rows: list[tuple[str, str, bool]]) -> Markup:
    pairs = [
        (key, element("strong", _clipped(value)) if changed else _clipped(value))
        for key, value, changed in rows
    ]
    return element("section", element("h3", name), facts(pairs))


def _clipped(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]} ..."


def _defaults(scenario: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same data with nothing else set; what the data are is never a default."""
    alone = to_toml({"dataset": scenario["dataset"]})
    return tomllib.loads(as_toml(parse_scenario(alone, "the defaults")))


def _flat(prefix: str, found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every value with its key, as ``table.key``, in the order of the file."""
    for key, value in found.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        elif prefix or key not in _ELSEWHERE:
            yield f"{prefix}{key}", _told(value)


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "-"
    if isinstance(value, Mapping):
        return "; ".join([f"{key} {_told(each)}" for key, each in value.items()])
    return str(value) or "-"
