"""Installs a package with plugins beside the others, as pip would."""

import shutil
import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path

import pytest

from clamshell_tui import plugins

ENTRIES = """\
[clamshell.routing]
acme:newest = acme_policies:newest
acme:skipping = acme_policies:Skipping
acme:broken = acme_policies:no_such_name
[clamshell.objective]
acme:idle = acme_policies:idle
[clamshell.latency_estimator]
acme:cautious = acme_policies:cautious
[clamshell.consensus]
acme:last-word = acme_policies:last_word
[clamshell.uncertainty]
acme:gini = acme_policies:gini
[clamshell.estimator]
acme:naive-bayes = acme_policies:NaiveBayes
[clamshell.behaviour]
acme:hesitant = acme_policies:Hesitant
[clamshell.population]
acme:students = acme_policies:Students
[clamshell.dataset]
acme:stripes = acme_policies:Stripes
[clamshell.exporter]
acme:listing = acme_policies:listing
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the package is installed in."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(Path(__file__).with_name("acme.py"), folder / "acme_policies.py")
    about = folder / "acme_policies-1.2.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-policies\nVersion: 1.2.0\n")
    (about / "entry_points.txt").write_text(ENTRIES)
    return folder


@pytest.fixture(autouse=True)
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install the package for one test, also for the processes that it starts."""
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    invalidate_caches()
    plugins._loaded.cache_clear()
    yield site
    plugins._loaded.cache_clear()
    sys.modules.pop("acme_policies", None)
