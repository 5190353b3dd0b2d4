"""The ``meta`` table of a run file: description and configuration of the run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import msgspec

from clamshell_tui import plugins
from clamshell_tui.core.config import RULES, RunConfig, problems
from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, RunFileError, ScenarioError
from clamshell_tui.run.names import SCALE
from clamshell_tui.runfile.reader import RunFile
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.scenario.rules import PLUGINS, SCENARIO, plugins_of, rules_of, stored_scenario
from clamshell_tui.text import show

CLASSES, DIGEST = "classes", "state_digest"
"""Keys of ``meta``: the classes that a replay starts from, the digest that it must reach."""
SECRET = "live_secret"
"""Key of ``meta`` in live runs: secret of the assignment keys, in hex."""
_SHOWN = 200  # terminal cells of a reason


def changed_plugins(meta: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each policy of another package that differs from the run's."""
    for used in plugins_of(meta):
        try:
            now = plugins.info(used.kind, used.name)
        except ScenarioError:
            continue  # reported where it is needed
        if now != used:
            yield (
                f'{used.kind} "{used.name}": the run used {used.distribution} {used.version}, '
                f"this is {now.distribution} {now.version}"
                + (" with another source" if now.version == used.version else "")
            )


def described(scenario: Scenario) -> dict[str, str]:
    """Return the initial ``meta`` of a run; the driver adds the classes once it read the data."""
    used = [plugins.info(kind, name) for kind, name in scenario.plugins]
    rated = {SCALE: str(scenario.question.steps)} if scenario.question.kind == "rating" else {}
    found = rated | ({PLUGINS: msgspec.json.encode(used).decode()} if used else {})
    return found | {
        "version": metadata.version("clamshell-tui"),
        "rules": str(RULES),
        "scenario": scenario.name,
        "description": scenario.description,
        "population": scenario.crowd.population,
        "seed": str(scenario.seed),
        SCENARIO: as_toml(scenario),
    }


@contextmanager
def unproven(path: Path, what: str = "its tables contradict each other") -> Iterator[None]:
    """Turn any error from the contents of a run file into EnvironmentFaultError.

    An unverified file may hold anything, and no list of checks covers all of it.
    """
    try:
        yield
    except ClamshellError:
        raise
    except Exception as error:
        reason = show(f"{type(error).__name__}: {error}".partition("\n")[0], _SHOWN)
        raise EnvironmentFaultError(
            f"{show(path.name)} is damaged: {what} ({reason}). "
            "See clamshell verify; restore it from a back-up, or make the run again"
        ) from error


def config_of(file: RunFile) -> RunConfig:
    """Return a run's configuration; raise RunFileError where the file has none."""
    name = show(file.path.name)
    try:
        classes = msgspec.json.decode(file.meta[CLASSES], type=tuple[str, ...])
    except (KeyError, msgspec.DecodeError) as error:
        raise RunFileError(f"{name} does not say which classes it was made with") from error
    config = stored_scenario(file.meta, name).run_config(classes)
    if rules_of(file.meta) == RULES and (problem := next(problems(config), None)):
        raise RunFileError(f"{name}: its settings cannot be used: {show(problem, _SHOWN)}")
    return config
