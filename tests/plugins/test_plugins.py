"""Policies of another package in runs, sweeps, live runs and proofs."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import clamshell_tui as cs
from clamshell_tui.cli import main
from clamshell_tui.errors import InputError
from clamshell_tui.plugins import installed, split, with_options
from clamshell_tui.runfile.meta import changed_plugins
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.scenario.rules import stored_scenario
from clamshell_tui.testing.checks import Check, parametrize_with_checks, scenario_with
from tests.cli.local_cluster import cluster

ACME = [
    ("routing", "acme:newest"),
    ("routing", "acme:skipping"),
    ("objective", "acme:idle"),
    ("latency_estimator", "acme:cautious"),
    ("consensus", "acme:last-word"),
    ("uncertainty", "acme:gini"),
    ("estimator", "acme:naive-bayes"),
    ("behaviour", "acme:hesitant"),
    ("population", "acme:students"),
    ("dataset", "acme:stripes"),
    ("exporter", "acme:listing"),
]


OPTIONS = {"acme:skipping": {"share": 0.3}}


@parametrize_with_checks([ACME[1], ACME[-1]], options=OPTIONS)
def test_a_policy_with_options_passes_all_checks(check: Check) -> None:
    check()


@pytest.mark.slow  # a process for each
@parametrize_with_checks(ACME, options=OPTIONS)
def test_a_package_with_a_policy_of_each_kind_passes_all_checks(check: Check) -> None:
    check()


SMALL = """\
dataset = {kind = "generated", records = 80}
pool.size = 5
tasks.records_per_task = 2
learning.enabled = false
"""
SKIPPING = SMALL + 'straggler_mitigation.routing = "acme:skipping"\n'


def test_options_are_part_of_the_name(tmp_path: Path) -> None:
    text = f'{SKIPPING}[plugins."acme:skipping"]\nshare = 0.25\n'
    scenario = parse_scenario(text, "s")
    name = scenario.straggler_mitigation.routing
    assert split(name) == ("acme:skipping", {"share": 0.25})
    assert parse_scenario(as_toml(scenario), "again") == scenario
    assert split(with_options("acme:a", {})) == ("acme:a", {})
    digests = {
        cs.simulate(
            {"dataset": {"kind": "generated", "records": 200}, "learning": {"enabled": False}},
            settings={
                "straggler_mitigation.routing": with_options("acme:skipping", {"share": share})
            },
        ).digest
        for share in (0.0, 1.0)
    }
    assert len(digests) == 2, "the option has no effect"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{SKIPPING}[plugins."acme:skipping"]\nshare = "a"\n', "share"),
        (f'{SKIPPING}[plugins."acme:skipping"]\nsare = 1\n', r'unknown option "sare".*"share"'),
        (f'{SMALL}[plugins."acme:skipping"]\nshare = 1\n', "no setting names it"),
        (f"{SMALL}plugins = 3\n", "write a table for each"),
        (
            SMALL + 'straggler_mitigation.routing = "acme:newst"\n',
            r'no routing "acme:newst" is installed.*acme:newest',
        ),
        (
            SMALL + 'straggler_mitigation.routing = "acme:broken"\n',
            r'plugin "acme:broken" \(acme-policies 1.2.0\) cannot be loaded: AttributeError',
        ),
        (
            SMALL + 'straggler_mitigation.routing = "acme:newest{1}"\n',
            "no name of another package's policy",
        ),
    ],
)
def test_a_mistake_is_one_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        parse_scenario(text, "s.toml")
    assert "\n" not in str(error.value)


def kept(folder: Path) -> Path:
    file = folder / "run.db"
    (folder / "s.toml").write_text(SKIPPING)
    cs.simulate(folder / "s.toml", out=file)
    return file


def test_a_run_file_names_what_it_used_and_is_verified(tmp_path: Path) -> None:
    file = kept(tmp_path)
    with open_run(file) as opened:
        meta = dict(opened.meta)
    (used,) = json.loads(meta["plugins"])
    assert (used["kind"], used["name"]) == ("routing", "acme:skipping")
    assert (used["distribution"], used["version"], len(used["hash"])) == (
        "acme-policies",
        "1.2.0",
        64,
    )
    assert list(changed_plugins(meta)) == []
    cs.load_run(file).verify()


def test_a_replay_warns_of_another_version(tmp_path: Path, site: Path) -> None:
    file = kept(tmp_path)
    with open_run(file) as opened:
        meta = dict(opened.meta)
    other = meta | {"plugins": meta["plugins"].replace("1.2.0", "1.1.0")}
    assert list(changed_plugins(other)) == [
        'routing "acme:skipping": the run used acme-policies 1.1.0, this is acme-policies 1.2.0'
    ]


def test_without_the_package_a_replay_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Path
) -> None:
    file = kept(tmp_path)
    with open_run(file) as opened:
        meta = dict(opened.meta)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each != str(site)])
    from clamshell_tui import plugins
    from clamshell_tui.core.lifeguard.routing import ROUTINGS

    plugins._loaded.cache_clear()
    ROUTINGS._loaded.clear()
    with pytest.raises(InputError) as error:
        stored_scenario(meta, "run.db")
    assert str(error.value) == (
        'no routing "acme:skipping" is installed. This run used acme-policies 1.2.0: '
        "pip install acme-policies==1.2.0"
    )


def test_a_sweep_in_processes_finds_them() -> None:
    scenario = scenario_with("population", with_options("acme:students", {"accuracy": 0.95}))
    data = {"crowd": {"population": scenario.crowd.population}, "learning": {"enabled": False}}
    settings = {"pool.size": [4, 5]}
    alone = cs.sweep({**data, "stop": {"labels": 30}}, settings, seeds=[1])
    both = cs.sweep({**data, "stop": {"labels": 30}}, settings, seeds=[1], jobs=2)
    assert alone == both


@pytest.mark.slow  # starts a cluster
@pytest.mark.skipif(find_spec("distributed") is None, reason="needs dask[distributed]")
def test_a_sweep_on_a_cluster_gives_the_bytes_of_one_here(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SKIPPING)
    command = [sys.executable, "-m", "clamshell_tui.cli", "sweep", "s.toml", "--seeds", "2"]
    command += ["--vary", "pool.size=4,5", "--out"]
    with cluster() as address:
        for words in (["here.csv", "--jobs", "1"], ["there.csv", "--cluster", address]):
            subprocess.run([*command, *words], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "here.csv").read_bytes() == (tmp_path / "there.csv").read_bytes()


def test_bots_of_a_live_run_behave_as_a_package_says() -> None:
    scenario = {
        "dataset": {"kind": "wire", "classes": ["a", "b"]},
        "crowd": {"population": "acme:students", "behaviours": {"acme:hesitant": 0.5}},
        "straggler_mitigation": {"routing": "acme:newest"},
        "qualification": {"enabled": False},
        "learning": {"enabled": False},
        "requester": {"gold": 0},
        "pool": {"size": 4, "reserve": 0},
    }
    records = [cs.NewRecord(f"r{n}", text=str(n), truth="ab"[n % 2]) for n in range(12)]
    with cs.serve(scenario, bots=4, speed=1000.0) as crowd, crowd.requester() as requester:
        requester.submit(records, last=True)
        assert len(list(requester.labels())) == 12


def test_the_command_lists_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert len([each for each in installed() if each.distribution == "acme-policies"]) == 12
    assert main(["plugins"]) == 0
    assert "acme:newest" in capsys.readouterr().out
    assert main(["plugins", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert ("dataset", "acme:stripes") in [(each["kind"], each["name"]) for each in listed]


def test_an_export_in_a_format_of_a_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = kept(tmp_path)
    words = ["export", str(file), "-o", str(tmp_path / "out"), "--format"]
    assert main([*words, "acme:listing"]) == 0
    lines = (tmp_path / "out" / "labels.txt").read_text().splitlines()
    assert len(lines) == 80, "20 gold records too"
    assert set(lines) == {"class 0", "class 1"}
    assert main([*words, "acme:listin"]) == 2
    assert 'no exporter "acme:listin" is installed' in capsys.readouterr().err


def test_a_run_without_such_names_scans_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clamshell_tui.plugins._entry", None)
    assert len(cs.simulate("quickstart", settings={"stop.labels": 10}).labels) == 10
