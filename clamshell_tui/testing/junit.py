"""The report of a suite as JUnit XML, as Jenkins and GitLab read it.

A test suite for each file; in it a test case for the runs themselves and one for each expectation.
There is none for a single seed, because an expectation is judged over all of them.
"""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from clamshell_tui.formats import count
from clamshell_tui.runfile.output_path import head
from clamshell_tui.testing.report_text import died_lines
from clamshell_tui.testing.reports import (
    BaselineReport,
    ExpectationReport,
    ScenarioReport,
    SuiteReport,
    TrackedReport,
)
from clamshell_tui.text import show

_XML = '<?xml version="1.0" encoding="utf-8"?>\n'
_NAME = "clamshell test"


def is_junit(path: Path) -> bool:
    """Return whether :func:`junit` made a file."""
    begins = head(path)
    return begins.startswith(f"{_XML}<testsuites ") and f'name="{_NAME}"' in begins


class SuiteRun(NamedTuple):
    """Circumstances of a suite: its start in ISO 8601, the host, wall-clock seconds in all and by
    the number of the scenario."""

    timestamp: str
    hostname: str
    seconds: float
    by_scenario: Mapping[int, float]


def junit(report: SuiteReport, run: SuiteRun) -> str:
    root = Element("testsuites", {"name": _NAME})
    for number, scenario in enumerate(report.scenarios):
        _suite(root, scenario, run, run.by_scenario.get(number, 0.0))
    root.attrib |= _counts(root, run.seconds)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    return f"{_XML}{text}\n"


def _suite(root: Element, scenario: ScenarioReport, run: SuiteRun, seconds: float) -> None:
    suite = SubElement(root, "testsuite", {"name": show(scenario.file)})
    runs = _case(suite, scenario, "every run ends well", scenario.error_line, seconds)
    if scenario.error:
        _result(runs, "error", "UnusableFile", show(scenario.error), show(scenario.error))
    elif scenario.died:
        died = f"{len(scenario.died)} of {count(len(scenario.seeds), 'seed')} died"
        _result(runs, "error", "DeadRun", died, "\n".join(died_lines(scenario)))
    for each in scenario.expectations:
        _expectation(suite, scenario, each)
    for tracked in scenario.tracked:
        if tracked.baseline is not None:
            _tracked(suite, scenario, tracked, tracked.baseline)
    suite.attrib |= {
        **_counts(suite, seconds),
        "timestamp": run.timestamp,
        "hostname": run.hostname,
        "file": show(scenario.file),
    }


def _expectation(suite: Element, scenario: ScenarioReport, each: ExpectationReport) -> None:
    case = _case(suite, scenario, show(each.expected), each.line, 0.0)
    if each.details:
        held = f"held in {each.held} of {len(each.got)} seeds, must in {each.required}"
        _result(case, "failure", "UnmetExpectation", held, each.details)
    elif not each.passed:  # it held wherever a run ended
        SubElement(case, "skipped", {"message": f"only {count(each.held, 'seed')} ended well"})


def _tracked(
    suite: Element, scenario: ScenarioReport, tracked: TrackedReport, found: BaselineReport
) -> None:
    name = f"{show(tracked.metric)} no worse than the baseline by {tracked.by:.1%}"
    case = _case(suite, scenario, name, tracked.line, 0.0)
    if not found.passed:
        _result(case, "failure", "WorseThanBaseline", f"worse by {found.worse:.1%}", found.details)


def _case(
    suite: Element, scenario: ScenarioReport, name: str, line: int, seconds: float
) -> Element:
    attributes = {
        "classname": class_name(scenario.file),
        "name": name,
        "file": show(scenario.file),
        "line": str(line),
        "time": f"{seconds:.3f}",
    }
    return SubElement(suite, "testcase", attributes)


def _result(case: Element, kind: str, type_: str, message: str, text: str) -> None:
    SubElement(case, kind, {"type": type_, "message": message}).text = text


def class_name(file: str) -> str:
    """``scenarios.reviews`` for ``scenarios/reviews.toml``; Jenkins splits at the last dot."""
    path = PurePath(file)
    if path.is_absolute():
        here = Path.cwd()
        path = path.relative_to(here) if path.is_relative_to(here) else PurePath(path.name)
    parts = [part.replace(".", "_") for part in path.with_suffix("").parts if part != ".."]
    return show(".".join(parts))


def _counts(element: Element, seconds: float) -> dict[str, str]:
    """Count the test cases in an element, and those with each result."""

    def number(tag: str) -> str:
        return str(sum(1 for _ in element.iter(tag)))

    return {
        "tests": number("testcase"),
        "failures": number("failure"),
        "errors": number("error"),
        "skipped": number("skipped"),
        "time": f"{seconds:.3f}",
    }
