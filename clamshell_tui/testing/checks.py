"""Checks that every policy must pass, ours and those of other packages.

In the tests of a package with policies::

    from clamshell_tui.testing.checks import parametrize_with_checks

    @parametrize_with_checks([("routing", "acme:newest"), ("population", "acme:students")])
    def test_policies(check):
        check()
"""

import pickle
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn
from unittest.mock import patch

from clamshell_tui import policies
from clamshell_tui.errors import InputError, ScenarioError
from clamshell_tui.plugins import KINDS, split, with_options
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.scenario.toml_text import to_toml

if TYPE_CHECKING:
    import pytest

Check = Callable[[], object]

_SMALL: Mapping[str, Any] = {
    "dataset": {"kind": "generated", "records": 120, "classes": 3},
    "requester": {"gold": 10},
    "qualification": {"records": 5},
    "pool": {"size": 5, "reserve": 2},
    "tasks": {"records_per_task": 2},
    "crowd": {"population": "mturk"},
    "maintenance": {"threshold": 5.0},
    "simulation": {"check": True},  # every invariant after every event
}


def parametrize_with_checks(
    named: Sequence[tuple[str, str]], *, options: Mapping[str, Mapping[str, Any]] = {}
) -> "pytest.MarkDecorator":
    """Parametrise a test over ``check``, for policies by kind and name.

    ``options`` are the tables ``[plugins."prefix:name"]`` by name. Raises InputError for an unknown
    kind.
    """
    import pytest

    checks = [
        pytest.param(check, id=f"{kind}-{name}-{title}")
        for kind, name in named
        for title, check in checks_of(kind, name, options.get(name, {}))
    ]
    return pytest.mark.parametrize("check", checks)


def checks_of(kind: str, name: str, options: Mapping[str, Any] = {}) -> Iterator[tuple[str, Check]]:
    """Yield title and function of each check; a function raises if the policy fails it."""
    if kind not in KINDS:
        raise InputError(f'no kind of policy is called "{kind}". There are {", ".join(KINDS)}')
    full = with_options(name, options)
    yield "is-found-and-pickled", partial(_pickled, kind, full)
    if ":" in name:
        yield "refuses-unknown-options", partial(_refuses_unknown_options, kind, name)
    if kind == "exporter":
        yield "writes-files", partial(_writes_files, full)
        return
    yield "keeps-the-invariants", partial(_digest, kind, full)
    yield "gives-equal-runs-in-two-processes", partial(_equal_in_two_processes, kind, full)
    yield "uses-no-global-random-and-no-clock", partial(_pure, kind, full)


def scenario_with(kind: str, name: str) -> Scenario:
    """Return a small scenario that uses a policy."""
    data = {key: dict(value) for key, value in _SMALL.items()}
    match kind:
        case "routing":
            data["straggler_mitigation"] = {"routing": name}
        case "objective":
            data["maintenance"][kind] = name
            data["quality"] = {"gold_share": 0.1}  # or an objective of accuracy sees nothing
        case "latency_estimator":
            data["maintenance"][kind] = name
        case "consensus":
            data["quality"] = {"consensus": name}
            data["tasks"]["votes"] = 3
        case "uncertainty":
            data["learning"] = {kind: name}
        case "estimator":
            data["learning"] = {kind: name}
            data["dataset"] = {"kind": "digits", "records": 200}  # no feature is below 0
        case "behaviour":
            data["crowd"]["behaviours"] = {name: 0.4}
        case "population":
            data["crowd"]["population"] = name
        case "dataset":
            plain, options = split(name)
            data["dataset"] = {"kind": plain, **options}
            data["requester"]["gold"] = 5
    return parse_scenario(to_toml(data), f"the scenario of {kind} {name}")


def _policy(kind: str, name: str) -> Any:
    if ":" in name:
        return policies.load(kind, name)
    scenario_with(kind, name)  # raises ScenarioError if there is none
    return name


def _pickled(kind: str, name: str) -> None:
    """It travels to the processes of a sweep within the scenario, and as an object."""
    found = _policy(kind, name)
    pickle.loads(pickle.dumps(found))
    if kind != "exporter":
        scenario = scenario_with(kind, name)
        assert pickle.loads(pickle.dumps(scenario)) == scenario


def _refuses_unknown_options(kind: str, name: str) -> None:
    try:
        policies.load(kind, with_options(name, {"no-such-option": 1}))
    except ScenarioError:
        return
    raise AssertionError(f"{kind} {name} accepts an option that it does not know")


def _digest(kind: str, name: str) -> str:
    """Run the scenario with every invariant checked after every event."""
    from clamshell_tui.simulator.run_scenario import run_scenario

    result = run_scenario(scenario_with(kind, name), Path.cwd())
    assert result.summary.labels.delivered > 0, "no label was delivered"
    return result.digest


_OTHER_PROCESS = (
    "import sys; from clamshell_tui.testing.checks import _digest; print(_digest(*sys.argv[1:]))"
)


def _equal_in_two_processes(kind: str, name: str) -> None:
    command = [sys.executable, "-c", _OTHER_PROCESS, kind, name]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert other.returncode == 0, other.stderr.strip()
    assert other.stdout.strip() == _digest(kind, name), "another process has another run"


def _pure(kind: str, name: str) -> None:
    _digest(kind, name)  # imports what it needs
    with _forbidden(clocks=kind != "estimator"):  # scikit-learn's own take their time
        _digest(kind, name)


@contextmanager
def _forbidden(*, clocks: bool) -> Iterator[None]:
    """Make the global generators raise in this process, and the clocks if asked."""
    import numpy as np

    def stop(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a policy uses a global random generator or a clock")

    targets: Iterable[tuple[Any, str]] = (
        *[(random, each) for each in ("random", "randint", "choice", "shuffle", "gauss", "seed")],
        *[(np.random, each) for each in ("random", "rand", "randint", "choice", "seed")],
        *[(time, each) for each in ("time", "monotonic") if clocks],
    )
    patches = [patch.object(owner, each, stop) for owner, each in targets]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


def _writes_files(name: str) -> None:
    from clamshell_tui.report.export import export_of
    from clamshell_tui.report.export_formats import export_files
    from clamshell_tui.report.input_records import input_records
    from clamshell_tui.runfile.reader import open_run
    from clamshell_tui.runfile.run_copy import copy_of
    from clamshell_tui.simulator.run_scenario import run_scenario

    with TemporaryDirectory() as folder:
        file = Path(folder) / "run.db"
        run_scenario(parse_scenario(to_toml(_SMALL), "the small scenario"), Path.cwd(), out=file)
        with open_run(file) as opened:
            run = copy_of(opened)
    files = export_files(export_of(run, input_records(run, [])), name, unquoted=False)
    assert files, "no file was written"
    assert all(files), "a file has no name"
