"""pytest collects scenario files: ``pytest scenarios`` is ``clamshell test scenarios``.

A file under one of the folders of the ini option ``clamshell_scenarios``, or named on the command
line, is collected if it has a table ``[[expect]]`` or ``[crowd]``, or mostly sections of a
scenario. Without the option, only what cannot be another program's is collected, from the folder
``scenarios``; an empty list collects nothing, and ``-p no:clamshell`` removes the plugin. In a
project without such files this costs only a look at the ``.toml`` files in those folders.

With ``--clamshell-per-seed`` each seed is an item, so that xdist can spread them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from clamshell_tui.api.crowd import Crowd
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
    group.addoption(
        "--clamshell-per-seed",
        action="store_true",
        help="make each seed of a scenario an item (for xdist)",
    )
    parser.addini("clamshell_seeds", "seeds for each scenario", default=str(DEFAULT_SEEDS))
    parser.addini("clamshell_per_seed", "make each seed an item", type="bool", default=False)
    parser.addini(
        "clamshell_scenarios",
        "folders with scenarios (default: what is surely one in scenarios; []: none)",
        type="paths",
        default=None,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that would test nothing: no seeds, or a folder that is not there."""
    if _seeds(config) < 1:
        raise pytest.UsageError("--clamshell-seeds (clamshell_seeds): write 1 or more")
    for folder in config.getini("clamshell_scenarios") or ():
        if not folder.exists():
            raise pytest.UsageError(f"clamshell_scenarios: there is no {folder}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix != ".toml" or not _wanted(file_path, parent):
        return None
    collector: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path)
    return collector


def _wanted(path: Path, parent: pytest.Collector) -> bool:
    folders = parent.config.getini("clamshell_scenarios")
    named = parent.session.isinitpath(path) or any(path.is_relative_to(f) for f in folders or ())
    by_default = folders is None and path.is_relative_to(parent.config.rootpath / "scenarios")
    if not named and not by_default:
        return False
    from clamshell_tui.testing.files import is_surely_scenario, looks_like_scenario

    return looks_like_scenario(path) if named else is_surely_scenario(path)


def _seeds(config: pytest.Config) -> int:
    given: int | None = config.getoption("--clamshell-seeds")
    if given is not None:
        return given
    written = str(config.getini("clamshell_seeds"))
    return int(written) if written.isdigit() else 0


@pytest.fixture
def clamshell_crowd() -> "Iterator[Callable[..., Crowd]]":
    """``clamshell_crowd(scenario, bots=8, speed=1000)``: a live run that ends with the test.

    It takes what ``clamshell_tui.serve`` takes. Records for bots need ``truth``.
    """
    from contextlib import ExitStack

    from clamshell_tui.api.crowd import serve

    with ExitStack() as stack:

        def start(scenario: Any, *, bots: int = 8, speed: float = 1000.0, **more: Any) -> "Crowd":
            return stack.enter_context(serve(scenario, bots=bots, speed=speed, **more))

        yield start


class ScenarioFile(pytest.File):
    """One scenario file; a bad one is a collection error of one line."""

    def collect(self) -> Iterable[pytest.Item]:
        from clamshell_tui.errors import ClamshellError
        from clamshell_tui.testing.files import load_case

        try:
            case = load_case(self.path)
        except ClamshellError as error:
            raise self.CollectError(str(error)) from None
        if not case.expectations:
            self.warn(pytest.PytestWarning(f"{self.path.name} expects nothing; add an [[expect]]"))
        seeds, config = range(_seeds(self.config)), self.config
        per_seed = config.getoption("--clamshell-per-seed") or config.getini("clamshell_per_seed")
        if not per_seed or case.needs_live:
            return [self._item(case.name, case, seeds)]
        always = case.only(lambda each: each.in_ is None)
        often = case.only(lambda each: each.in_ is not None)
        items = [self._item(f"{case.name}[{seed}]", always, [seed]) for seed in seeds]
        if often.expectations:  # "18 of 20" is judged over all of them
            items.append(self._item(case.name, often, seeds))
        return items

    def _item(self, name: str, case: "Case", seeds: Sequence[int]) -> "ScenarioItem":
        item: ScenarioItem = ScenarioItem.from_parent(self, name=name, case=case, seeds=seeds)
        return item


class ScenarioFailedError(Exception):
    """A scenario fails or cannot be run; the text is the whole report."""


class ScenarioItem(pytest.Item):
    """A scenario, run with some seeds."""

    def __init__(self, *, case: "Case", seeds: Sequence[int], **rest: Any) -> None:
        super().__init__(**rest)
        self._case = case
        self._seeds = tuple(seeds)

    def runtest(self) -> None:
        """Fail with the report that ``clamshell test`` would print."""
        from clamshell_tui.errors import ClamshellError
        from clamshell_tui.testing.report_text import explanation
        from clamshell_tui.testing.reports import scenario_report

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
        return judge(self._case, attempt_all(self._case, self._seeds))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the report alone: a traceback through the simulator would not help."""
        if isinstance(excinfo.value, ScenarioFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, 0, f"scenario {self.name}"
