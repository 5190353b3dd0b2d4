"""Verdicts as JUnit XML for CI servers, and as JSON with every measured value."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec

from clamshell_tui.runfile.output_path import begins_with, head
from clamshell_tui.scenario.expectation import sentence
from clamshell_tui.testing.report_text import explanation, headline
from clamshell_tui.testing.verdict import Judgement, TrialVerdict
from clamshell_tui.text import show

_XML = '<?xml version="1.0" encoding="utf-8"?>\n'


def is_junit(path: Path) -> bool:
    """Return whether :func:`junit` made a file."""
    begins = head(path)
    return begins.startswith(f"{_XML}<testsuites ") and 'name="clamshell test"' in begins


is_json = begins_with(*(f'{{\n  "passed": {word},\n  "scenarios": [' for word in ("true", "false")))


def junit(verdicts: Sequence[TrialVerdict], seconds: float) -> str:
    """Return JUnit XML: a test case for each scenario; a run that died is an error.

    There is no test case for a single seed, because an expectation is judged over all of them.
    ``seconds`` is the duration of the suite, whose cases ran in parallel.
    """
    counts = {
        "tests": str(len(verdicts)),
        "failures": str(sum(not each.passed and not each.broken for each in verdicts)),
        "errors": str(sum(bool(each.broken) for each in verdicts)),
        "time": f"{seconds:.3f}",
    }
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": "clamshell test", **counts})
    for verdict in verdicts:
        _test_case(suite, verdict)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    return f"{_XML}{text}\n"


def _test_case(suite: ElementTree.Element, verdict: TrialVerdict) -> None:
    case = verdict.case
    attributes = {
        "classname": show(case.source),
        "name": show(case.name),
        "file": show(case.source),
        "time": f"{verdict.seconds:.3f}",
    }
    element = ElementTree.SubElement(suite, "testcase", attributes)
    if verdict.passed:
        return
    kind = "error" if verdict.broken else "failure"
    failure = ElementTree.SubElement(element, kind, {"message": headline(verdict)[6:]})
    failure.text = explanation(verdict)


def as_json(verdicts: Sequence[TrialVerdict]) -> str:
    """Return every value at every seed as JSON; equal verdicts give equal text."""
    found = {
        "passed": all(verdict.passed for verdict in verdicts),
        "scenarios": [_scenario(verdict) for verdict in verdicts],
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def _scenario(verdict: TrialVerdict) -> dict[str, Any]:
    return {
        "name": verdict.case.name,
        "file": verdict.case.source,
        "passed": verdict.passed,
        "seeds": [result.seed for result in verdict.results],
        "died": [{"seed": seed, "reason": reason} for seed, reason in verdict.broken],
        "expectations": [
            _expectation(number, each, verdict) for number, each in enumerate(verdict.judgements)
        ],
    }


def _expectation(number: int, judgement: Judgement, verdict: TrialVerdict) -> dict[str, Any]:
    first = judgement.failures[0][0] if judgement.failures else None
    return {
        "expected": sentence(judgement.expectation),
        "because": judgement.expectation.because,
        "passed": judgement.passed,
        "held": judgement.held,
        "required": judgement.required,
        "got": {
            str(result.seed): result.findings[number].got
            for result in verdict.results
            if result.findings
        },
        "replay": None if judgement.passed or first is None else verdict.replay(first),
    }
