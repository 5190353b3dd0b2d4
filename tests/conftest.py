"""Settings that hold for every test."""

import signal

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Name snapshots as syrupy 5 does, if the plugin is loaded; see ``python tests fast``."""
    plugin = config.pluginmanager.get_plugin("textual-snapshot")
    if plugin is not None:
        plugin.SVGImageExtension.file_extension = "svg"


# A shell that runs the tests in its background makes them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
