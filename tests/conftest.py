"""Settings that hold for every test."""

import gc
import os
import signal
import tempfile

import pytest

_STATE = tempfile.TemporaryDirectory(prefix="clamshell-state-")


def pytest_configure(config: pytest.Config) -> None:
    """Keep seats and keys of runs out of the user's state folder.

    Name snapshots as syrupy 5 does, if the plugin is loaded; see ``python tests fast``. Outside
    of the slow tests, let Hypothesis take the same few examples each time: whoever runs the test
    command learns of their own change. New examples are searched with ``-m slow``.
    """
    os.environ["XDG_STATE_HOME"] = _STATE.name
    plugin = config.pluginmanager.get_plugin("textual-snapshot")
    if plugin is not None:
        plugin.SVGImageExtension.file_extension = "svg"
    if config.pluginmanager.hasplugin("hypothesispytest") and config.option.markexpr == "not slow":
        from hypothesis import HealthCheck, settings

        settings.register_profile(
            "same examples",
            derandomize=True,
            max_examples=50,
            deadline=None,  # a busy machine is no fault of the example
            suppress_health_check=[HealthCheck.too_slow],
        )
        settings.load_profile("same examples")


def pytest_collection_finish() -> None:
    """Leave all that is imported, and the tests themselves, out of later garbage collections."""
    gc.collect()
    gc.freeze()


# A shell that runs the tests in its background makes them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
