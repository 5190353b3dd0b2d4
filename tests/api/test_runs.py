"""Runs, sweeps and tables of the Python API."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import clamshell_tui as cs
from clamshell_tui.api.table import Table
from clamshell_tui.cli import main

SMALL = {"stop.labels": 40, "pool.size": 6}


@pytest.fixture(scope="module")
def run() -> cs.Run:
    return cs.simulate("quickstart", settings=SMALL)


def test_importing_loads_neither_numpy_nor_our_modules() -> None:
    code = "import sys, clamshell_tui; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "clamshell_tui" in loaded
    assert not {each for each in loaded if each.startswith("clamshell_tui.")}
    slow = {"numpy", "msgspec", "click", "textual", "importlib.metadata"}
    assert not loaded & slow
    bare = subprocess.run(
        [sys.executable, "-S", "-c", "import sys, clamshell_tui; print('typing' in sys.modules)"],
        cwd=Path(cs.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert bare.stdout == "False\n", "without site, which may import it for other packages"


def test_every_public_name_is_there_and_no_other() -> None:
    assert {name for name in cs.__all__ if getattr(cs, name, None) is None} == set()
    assert set(cs.__all__) == set(dir(cs))
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        cs.simulat  # noqa: B018  # the attribute is the test


def test_digests_are_those_of_the_command_line(tmp_path: Path, run: cs.Run) -> None:
    settings = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    out = str(tmp_path / "a.db")
    assert main(["run", "quickstart", *settings, "--out", out, "--no-progress"]) == 0

    assert cs.load_run(tmp_path / "a.db").digest == run.digest
    assert len(run.digest) == 32


def test_a_run_has_its_tables_and_summary(run: cs.Run) -> None:
    assert run.summary.labels.delivered == len(run.labels) == 40
    first = next(iter(run.labels))
    assert (first.label, first.support) == (run.labels["label"][0], run.labels["support"][0])
    paid = sum(run.ledger["micros"])
    assert paid == run.summary.cost.total
    workers = set(run.workers["id"])
    assert set(run.assignments["worker"]) <= workers
    run.verify()


def test_a_kept_run_is_read_back_with_the_same_tables(tmp_path: Path, run: cs.Run) -> None:
    kept = cs.simulate("quickstart", settings=SMALL, out=tmp_path / "run.db")
    again = cs.load_run(tmp_path / "run.db")
    kept.verify()
    again.verify()
    for name in ("labels", "answers", "workers", "assignments", "ledger", "batches", "models"):
        assert getattr(again, name) == getattr(run, name), name
    assert again.summary.labels == run.summary.labels


def test_a_scenario_may_be_a_mapping_with_numpys_numbers() -> None:
    scenario = {
        "dataset": {"kind": "generated", "records": np.int64(60)},
        "learning": {"enabled": False},
        "requester": {"gold": 10},
    }
    one = cs.simulate(scenario, seed=3, settings={"pool.size": np.int64(4)})
    assert one.digest == cs.simulate({**scenario, "seed": 3, "pool": {"size": 4}}).digest


def test_a_mistake_is_an_error_of_one_line() -> None:
    with pytest.raises(cs.ScenarioError, match=r"pool\.sise.*size"):
        cs.simulate("quickstart", settings={"pool.sise": 4})
    with pytest.raises(cs.InputError, match="is no value of a setting"):
        cs.simulate("quickstart", settings={"pool.size": object()})
    with pytest.raises(cs.ClamshellError, match="no such file"):
        cs.simulate("quickstar.toml")


def test_a_sweep_has_the_runs_of_simulate() -> None:
    scenario = {"dataset": {"kind": "generated", "records": 60}, "learning": {"enabled": False}}
    table = cs.sweep(scenario, {"pool.size": [4, 6], "tasks.votes": [1]}, seeds=[2, 5])
    settings = {"pool.size": 6, "tasks.votes": 1}
    one = cs.simulate(scenario, seed=5, settings=settings).summary

    assert [(row[0], row[2]) for row in table] == [(4, 2), (4, 5), (6, 2), (6, 5)]
    assert table.columns[:3] == ("pool.size", "tasks.votes", "seed")
    assert table["cost.total"][3] == pytest.approx(one.cost.total / 1e6)
    with pytest.raises(cs.InputError, match="nothing to run"):
        cs.sweep("quickstart", {"pool.size": []})


def test_a_table_goes_to_pandas_arrow_and_csv(tmp_path: Path, run: cs.Run) -> None:
    pandas, pyarrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    frame = run.labels.to_pandas()
    assert list(frame.columns) == list(run.labels.columns)
    assert frame["label"].tolist() == list(run.labels["label"])
    assert run.labels.to_arrow().to_pylist() == frame.to_dict("records")
    assert pyarrow.table(run.labels).num_rows == 40, "by the Arrow PyCapsule interface"
    run.labels.to_csv(tmp_path / "labels.csv")
    with (tmp_path / "labels.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(run.labels.columns)
    assert pandas.read_csv(tmp_path / "labels.csv")["support"].tolist() == list(frame["support"])


def test_a_table_is_a_small_value() -> None:
    table = Table({"a": [1, 2], "b c": ["<x>", None]})

    assert [row.a for row in table] == [1, 2]
    assert (len(table), table.columns, table["b c"]) == (2, ("a", "b c"), ("<x>", None))
    assert repr(table) == "<Table of 2 rows: a, b c>"
    assert "&lt;x&gt;" in table._repr_html_()
    assert len(Table({"a": []})) == 0
    with pytest.raises(ValueError, match="different lengths"):
        Table({"a": [1], "b": []})


@pytest.mark.parametrize("kind", ["timeline", "labels", "cost", "learning"])
def test_a_run_can_be_drawn(run: cs.Run, kind: str) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert run.plot(kind, ax=axes) is axes
    assert axes.has_data()


def test_an_unknown_plot_names_the_others(run: cs.Run) -> None:
    with pytest.raises(cs.InputError, match=r'no plot "timelin".*timeline'):
        run.plot("timelin")


def test_the_notebook_of_the_handbook_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib").use("agg")
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    file = Path(cs.__file__).parent / "handbook" / "notebook.ipynb"
    names: dict[str, object] = {}
    for number, cell in enumerate(json.loads(file.read_text(encoding="utf-8"))["cells"], 1):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)


@pytest.mark.slow  # mypy reads the whole package
def test_a_users_program_with_every_name_is_typed_strictly_and_runs(tmp_path: Path) -> None:
    source = Path(__file__).with_name("user_program.py").read_text(encoding="utf-8")
    assert {each for each in cs.__all__ if f"cs.{each}" not in source} == set()
    (tmp_path / "program.py").write_text(source, encoding="utf-8")
    typed = [sys.executable, "-m", "mypy", "--strict", "program.py"]
    found = subprocess.run(typed, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    ran = [sys.executable, "program.py"]
    done = subprocess.run(ran, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{cs.__version__} {cs.API_VERSION}")
