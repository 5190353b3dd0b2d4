"""CLAMShell: interactive-speed data labelling with a crowd that runs on your own machines.

The Python API::

    import clamshell_tui as cs

    run = cs.simulate("quickstart", settings={"pool.size": 20})
    run.labels.to_pandas()

Names are loaded on first use, so that importing the package costs nothing.
"""

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for true; importing typing would take 10 ms
if TYPE_CHECKING:
    from typing import Any

    from clamshell_tui.api.crowd import Crowd as Crowd
    from clamshell_tui.api.crowd import serve as serve
    from clamshell_tui.api.runs import Run as Run
    from clamshell_tui.api.runs import load_run as load_run
    from clamshell_tui.api.runs import simulate as simulate
    from clamshell_tui.api.sweeps import sweep as sweep
    from clamshell_tui.api.table import Table as Table
    from clamshell_tui.client import AsyncRequester as AsyncRequester
    from clamshell_tui.client import Labelled as Labelled
    from clamshell_tui.client import NewRecord as NewRecord
    from clamshell_tui.client import Predicted as Predicted
    from clamshell_tui.client import Requester as Requester
    from clamshell_tui.errors import ClamshellError as ClamshellError
    from clamshell_tui.errors import DatasetError as DatasetError
    from clamshell_tui.errors import EnvironmentFaultError as EnvironmentFaultError
    from clamshell_tui.errors import InputError as InputError
    from clamshell_tui.errors import RunFileError as RunFileError
    from clamshell_tui.errors import ScenarioError as ScenarioError

    __version__: str

API_VERSION = 1
"""Raised when a program written for the version before may no longer work."""

_HOMES = {
    "clamshell_tui.api.crowd": ("Crowd", "serve"),
    "clamshell_tui.api.runs": ("Run", "load_run", "simulate"),
    "clamshell_tui.api.sweeps": ("sweep",),
    "clamshell_tui.api.table": ("Table",),
    "clamshell_tui.client": ("AsyncRequester", "Labelled", "NewRecord", "Predicted", "Requester"),
    "clamshell_tui.errors": (
        "ClamshellError",
        "DatasetError",
        "EnvironmentFaultError",
        "InputError",
        "RunFileError",
        "ScenarioError",
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["API_VERSION", "__version__", *_HOME]  # names of the mapping above


def __getattr__(name: str) -> "Any":
    if name == "__version__":
        from importlib.metadata import version  # 15 ms

        return version("clamshell-tui")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
