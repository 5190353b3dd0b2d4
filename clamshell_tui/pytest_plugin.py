"""pytest collects scenario files: ``pytest scenarios`` is ``clamshell test scenarios``.

A file is collected if it lies under one of the folders of the ini option ``clamshell_scenarios``
(``scenarios`` by default) or is named on the command line, and has a table ``[[expect]]`` or
``[crowd]``, or mostly sections of a scenario. In a project without such files this costs only a
look at the ``.toml`` files in those folders; the rest is imported when a scenario is collected.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from clamshell_tui.testing.case import Case
    from clamshell_tui.testing.verdict import TrialVerdict

DEFAULT_SEEDS = 20


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("clamshell", "CLAMShell scenarios")
    group.addoption(
        "--clamshell-seeds",
        type=int,
        metavar="N",
        help=f"try each scenario with the seeds from 0 to N - 1 (default: {DEFAULT_SEEDS})",
    )
    parser.addini("clamshell_seeds", "seeds for each scenario", default=str(DEFAULT_SEEDS))
    parser.addini(
        "clamshell_scenarios",
        "folders with scenarios (default: scenarios)",
        type="paths",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that would test nothing: no seeds, or a folder that is not there."""
    if _seeds(config) < 1:
        raise pytest.UsageError("--clamshell-seeds (clamshell_seeds): write 1 or more")
    for folder in config.getini("clamshell_scenarios"):
        if not folder.exists():
            raise pytest.UsageError(f"clamshell_scenarios: there is no {folder}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix != ".toml" or not _wanted(file_path, parent):
        return None
    from clamshell_tui.testing.files import looks_like_scenario

    if not looks_like_scenario(file_path):
        return None
    collector: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path)
    return collector


def _wanted(path: Path, parent: pytest.Collector) -> bool:
    config = parent.config
    folders = config.getini("clamshell_scenarios") or [config.rootpath / "scenarios"]
    if any(path.is_relative_to(folder) for folder in folders):
        return True
    return parent.session.isinitpath(path)


def _seeds(config: pytest.Config) -> int:
    given: int | None = config.getoption("--clamshell-seeds")
    if given is not None:
        return given
    written = str(config.getini("clamshell_seeds"))
    return int(written) if written.isdigit() else 0


class ScenarioFile(pytest.File):
    """One scenario file; a bad one is a collection error of one line."""

    def collect(self) -> Iterable[pytest.Item]:
        from clamshell_tui.errors import ClamshellError
        from clamshell_tui.testing.files import load_case

        try:
            case = load_case(self.path)
        except ClamshellError as error:
            raise self.CollectError(str(error)) from None
        item: ScenarioItem = ScenarioItem.from_parent(self, name=case.name, case=case)
        return [item]


class ScenarioFailedError(Exception):
    """A scenario fails or cannot be run; the text is the whole report."""


class ScenarioItem(pytest.Item):
    """A scenario, run with every seed."""

    def __init__(self, *, case: "Case", **rest: Any) -> None:
        super().__init__(**rest)
        self._case = case

    def runtest(self) -> None:
        """Fail with the report that ``clamshell test`` would print."""
        from clamshell_tui.errors import ClamshellError
        from clamshell_tui.testing.report_text import explanation
        from clamshell_tui.testing.reports import scenario_report

        if not self._case.expectations:
            self.warn(pytest.PytestWarning(f"{self.path.name} expects nothing; add an [[expect]]"))
        try:
            verdict = self._verdict()
        except ClamshellError as error:
            raise ScenarioFailedError(str(error)) from error
        if verdict.refused:
            raise ScenarioFailedError(verdict.refused)
        if not verdict.passed:
            raise ScenarioFailedError(explanation(scenario_report(verdict)))

    def _verdict(self) -> "TrialVerdict":
        from clamshell_tui.testing.trial import attempt_all
        from clamshell_tui.testing.verdict import judge

        if self._case.needs_live:
            from clamshell_tui.testing.case import LiveOptions
            from clamshell_tui.testing.live.verdict import verdict_of

            return verdict_of(self._case, LiveOptions())
        seeds = tuple(range(_seeds(self.config)))
        return judge(self._case, attempt_all(self._case, seeds))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the report alone: a traceback through the simulator would not help."""
        if isinstance(excinfo.value, ScenarioFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, 0, f"scenario {self.name}"
