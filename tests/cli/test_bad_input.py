"""Whatever is wrong with what the user gave: one line, the right exit code, nothing left behind."""

import os
import sqlite3
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import click
import pytest

from clamshell_tui.cli.commands import COMMANDS
from clamshell_tui.number_range import NumberRange
from worker_client.__main__ import worker

Command = Callable[..., Any]

CSV = 'dataset = {kind = "csv", path = "data.csv", label = "label", features = "f"}\n'
GOOD_ROWS = "".join(f"{n},{'yes' if n % 2 else 'no'}\n" for n in range(60))


class Bad(NamedTuple):
    """Files to write, a command, and what must be said about it."""

    args: tuple[str, ...]
    code: int
    words: tuple[str, ...]
    files: Mapping[str, str | bytes] = MappingProxyType({})


def scenario(text: str, *words: str) -> Bad:
    return Bad(("run", "bad.toml"), 2, ("bad.toml", *words), {"bad.toml": text})


def data(content: str | bytes, *words: str, dataset: str = CSV) -> Bad:
    files = {"bad.toml": f"{dataset}requester.gold = 10\n", "data.csv": content}
    return Bad(("run", "bad.toml"), 2, words, files)


def pictures(
    kind: str,
    words: tuple[str, ...],
    files: Mapping[str, bytes] = MappingProxyType({}),
    path: str = ".",
) -> Bad:
    dataset = f'dataset = {{kind = "{kind}", path = "{path}"}}\n'
    return Bad(("run", "bad.toml"), 2, words, {"bad.toml": dataset, **files})


SCENARIOS = {
    "a key typo": scenario("[pool]\nsise = 3\n", "line 2", 'unknown key "sise"', '"size"?)'),
    "a key in the wrong place": scenario("pool_sise = 3\n", '(did you mean "pool.size"?)'),
    "a unit": scenario('[pay]\nper_minute="0.05$"\n', "pay.per_minute", "not an amount", "0.05"),
    "a number as text": scenario('[pool]\nsize = "8"\n', "pool.size", "write 8"),
    "a negative time": scenario("[pool]\ngrace = -1\n", "pool.grace", "out of range"),
    "an empty pool": scenario("[pool]\nsize = 0\n", "pool.size", "from 1"),
    "a quorum above the pool": scenario(
        "[tasks]\nvotes = 5\n[pool]\nsize = 3\n", "votes", "needs a pool of at least 5"
    ),
    "a threshold above the lease": scenario(
        "[tasks]\nlease = 10\n", "maintenance.threshold", "longer than the lease"
    ),
    "an unknown policy": scenario('[learning]\nselector = "hybird"\n', '"hybrid"?)', "known: "),
    "bad TOML": scenario("[pool\n", "line 1", "not TOML"),
    "text that is not UTF-8": Bad(
        ("run", "bad.toml"), 2, ("not UTF-8 at line 2",), {"bad.toml": b"a = 1\nb = '\xff'\n"}
    ),
    "a huge file": Bad(("run", "bad.toml"), 2, ("larger than 1 MiB",), {"bad.toml": "#" * 2**21}),
    "a missing file": Bad(("run", "x.toml"), 2, ("no such file: x.toml",)),
    "a directory": Bad(("run", "."), 2, ("is a directory",)),
    "an unknown name": Bad(("run", "quikstart"), 2, ('(did you mean "quickstart"?)', "Built in")),
    "an unknown name to show": Bad(("scenarios", "quikstart"), 2, ('"quickstart"?)',)),
    "an override typo": Bad(
        ("run", "tiny.toml", "--set", "pool.sise=3"), 2, ("setting pool.sise=3", '"size"?)')
    ),
    "a compare typo": Bad(
        ("run", "tiny.toml", "--compare", "pool.size"), 2, ('"pool.size" is not a setting',)
    ),
    "a seed that is no number": Bad(
        ("run", "tiny.toml", "--seed", "x"), 2, ('setting seed=x: seed: "x" is not a whole number',)
    ),
}

DATASETS = {
    "a missing data file": Bad(
        ("run", "bad.toml"), 2, ("no such file: data.csv",), {"bad.toml": CSV}
    ),
    "a ragged row": data(f"f,label\n1,yes,3\n{GOOD_ROWS}", "data.csv line 2", "3 columns"),
    "a NUL byte": data(b"f,label\n1,y\0s\n", "data.csv line 2", "NUL byte"),
    "an open quote": data('f,label\n1,"yes\n2,no\n', "data.csv line 2", "never closed"),
    "a column twice": data("f,f\n1,2\n", 'column "f" appears twice'),
    "no such column": data("g,label\n1,yes\n", 'no column "f"'),
    "Latin-1": data("f,label\n1,s\u00ed\n".encode("latin-1"), "not UTF-8", "As cp1252 it reads"),
    "no records": data("f,label\n", "data.csv holds no records"),
    "one class": data("f,label\n1,yes\n2,yes\n", "need >= 2 distinct classes, got 1"),
    "nan": data("f,label\n1,yes\nnan,no\n", "data.csv line 3, column f", "not a finite number"),
    "no known answers": data(
        "f\n1\n2\n",
        "no record has a known answer",
        "dataset.label",
        dataset='dataset = {kind = "csv", path = "data.csv", classes = ["no", "yes"]}\n',
    ),
    "a pickle": Bad(
        ("run", "bad.toml"),
        2,
        ("pickle files are not read",),
        {"bad.toml": 'dataset = {kind = "csv", path = "x.pkl"}\n', "x.pkl": b"cos\nsystem\n"},
    ),
    "a folder of pictures that is missing": pictures(
        "mnist", ("no such folder: pics (dataset.path",), path="pics"
    ),
    "pictures cut short": pictures(
        "cifar-10",
        ("data_batch_1.bin: 6145 bytes is not a multiple of 3073",),
        {"data_batch_1.bin": bytes(2 * 3073 - 1)},
    ),
    "pickled pictures": pictures(
        "cifar-10",
        ("pickle files are not read", "binary version"),
        {"data_batch_1": b"cos\nsystem\n"},
    ),
    "pictures that are none": pictures(
        "mnist",
        ("train-labels-idx1-ubyte", "begins with"),
        {
            "train-images-idx3-ubyte": b"GIF89a",
            "train-labels-idx1-ubyte": b"GIF89a",
        },
    ),
    "no pictures for the tables": Bad(
        ("paper", "T-HL", "--data", "."), 2, ("has neither mnist nor cifar-10 (--data)",)
    ),
    "more gold than records": data(
        f"f,label\n{GOOD_ROWS}",
        "leave none",
        "requester.gold",
        dataset=f"{CSV}qualification.records = 10\nrequester.records = 11\n"
        "learning.holdout = 0.9\n",
    ),
    "a missing trace": Bad(
        ("run", "tiny.toml", "--set", "crowd.population=trace", "--set", "crowd.trace=t.csv"),
        2,
        ("no such file", "t.csv", "crowd.trace"),
    ),
}

RUN_FILES = {
    "a missing run": Bad(("summary", "x.db"), 2, ("no such file: x.db",)),
    "any other file": Bad(("summary", "tiny.toml"), 2, ("tiny.toml is not a CLAMShell run",)),
    "an empty file": Bad(("verify", "x.db"), 2, ("x.db is not a CLAMShell run",), {"x.db": b""}),
    "a folder to watch": Bad(("watch", "."), 2, (". is a folder, and no study's",)),
    "a directory as a run": Bad(("verify", "."), 2, (". is a directory without a study",)),
    "out in a missing directory": Bad(
        ("run", "tiny.toml", "--out", "no/run.db"), 3, ("cannot write in no", "no such directory")
    ),
    "out on a directory": Bad(("run", "tiny.toml", "--out", "."), 3, ("it is a directory",)),
    "out on a file that is not ours": Bad(
        ("run", "tiny.toml", "--out", "x.txt", "--force"),
        2,
        ("x.txt is not a CLAMShell run and is not replaced",),
        {"x.txt": "precious"},
    ),
    "out for two runs": Bad(
        ("run", "tiny.toml", "tiny.toml", "--out", "x.db"), 2, ("--out keeps one run",)
    ),
    "out for a comparison": Bad(
        ("run", "tiny.toml", "--compare", "seed=2", "--out", "x.db"), 2, ("--out keeps one run",)
    ),
}

USAGE = {
    "an unknown command": Bad(("rnu",), 2, ('no command "rnu" (did you mean "run"?)',)),
    "an unknown option": Bad(("run", "tiny.toml", "--sede", "3"), 2, ("--sede", "--seed")),
    "a missing argument": Bad(("run",), 2, ("SCENARIO", "clamshell run --help")),
    "an escape sequence": Bad(("run", "\x1b[31m.toml"), 2, ("no such file: \ufffd[31m.toml",)),
}


def both(one: str, other: str, *args: str) -> Bad:
    return Bad(args, 2, (f"{one} and {other} contradict",))


CONTRADICTIONS = {
    "a seed twice": both("--set seed", "--seed", "run", "tiny.toml", "--seed=1", "--set", "seed=2"),
    "a preset twice": both(
        "--set preset", "--preset", "run", "tiny.toml", "--preset=paper", "--set", "preset=paper"
    ),
    "a seed of a sweep": both("--set seed", "--seeds", "sweep", "tiny.toml", "--set", "seed=2"),
    "a setting fixed and varied": both(
        *("--set pool.size", "--vary"),
        *("sweep", "tiny.toml", "--vary", "pool.size=4,5", "--set", "pool.size=3"),
    ),
    "a table fixed, a key of it varied": both(
        *("--set pool", "--vary"),
        *("sweep", "tiny.toml", "--vary", "pool.size=4,5", "--set", "pool={size=3}"),
    ),
    "a setting fixed and searched": both(
        *("--set pool.size", "--vary"),
        *("advise", "tiny.toml", "--vary", "pool.size=4,5", "--set", "pool.size=3"),
    ),
    "a cluster and processes": both(
        "--cluster", "--jobs", "sweep", "tiny.toml", "--cluster=a:1", "--jobs=2"
    ),
    "a seed of a table": both("--set seed", "--first-seed", "paper", "T-SM", "--set", "seed=1"),
    "figures in JSON": both("--plot", "--json", "paper", "T-SM", "--plot", "--json"),
    "two ways to let others in": both(
        "--lan", "--insecure-lan", "serve", "tiny.toml", "--lan", "--insecure-lan"
    ),
    "two ways to print": both(
        "--headless", "--plain", "serve", "tiny.toml", "--plain", "--headless"
    ),
}

DEVICES = {
    f"{command}: {what}": Bad((command, path), 2, (words,))
    for what, path, words in (
        ("an empty device", "/dev/null", "null is "),
        ("a directory", "./", "is a directory"),
    )
    for command in ("advise", "run", "serve", "summary", "trace", "rerun")
}

ROWS = SCENARIOS | DATASETS | RUN_FILES | USAGE | CONTRADICTIONS | DEVICES


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_bad_input_is_told_in_one_line_and_leaves_nothing(
    clamshell: Command, tiny: Path, row: Bad
) -> None:
    if row.files.keys() & {"bad.toml"}:
        tiny.unlink()
    for name, content in row.files.items():
        raw = content if isinstance(content, bytes) else content.encode()
        tiny.with_name(name).write_bytes(raw)
    before = {path: path.read_bytes() for path in tiny.parent.iterdir()}
    done = clamshell(*row.args, *(["--no-progress"] if row.args[0] == "run" else []))
    assert done.code == row.code, done.err
    assert done.out == ""
    assert done.err.startswith("clamshell: error: ")
    assert done.err.count("\n") == 1
    assert "\x1b" not in done.err
    for word in row.words:
        assert word in done.err
    assert {path: path.read_bytes() for path in tiny.parent.iterdir()} == before


@pytest.mark.parametrize("command", ["advise", "run", "test", "summary", "verify", "trace"])
def test_a_pipe_is_refused_without_waiting_for_a_writer(
    clamshell: Command, tiny: Path, command: str
) -> None:
    os.mkfifo(tiny.with_name("pipe"))
    done = clamshell(command, "./pipe")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "pipe is " in done.err


def test_no_option_takes_a_number_that_is_none() -> None:
    commands = [import_module(entry.module).command for entry in COMMANDS.values()]
    numbers = [
        parameter
        for command in (*commands, worker)
        for parameter in command.params
        if isinstance(parameter.type, click.FloatRange | click.types.FloatParamType)
    ]
    assert len(numbers) > 5
    assert all(isinstance(each.type, NumberRange) for each in numbers)


def test_not_a_number_is_refused(clamshell: Command, tiny: Path) -> None:
    done = clamshell("advise", "tiny.toml", "--beta", "nan")
    assert (done.code, done.out) == (2, "")
    assert "--beta" in done.err
    assert "nan is no number" in done.err
    assert clamshell("serve", "tiny.toml", "--linger", "inf").code == 2


def test_a_database_of_another_program_is_not_touched(clamshell: Command, tiny: Path) -> None:
    other = tiny.with_name("other.db")
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE precious (x)")
    connection.commit()
    connection.close()
    before = other.read_bytes()
    done = clamshell("summary", "other.db")
    assert done.code == 2
    assert "SQLite database of another program; not touched" in done.err
    assert clamshell("run", "tiny.toml", "--out", "other.db", "--force").code == 2
    assert other.read_bytes() == before


def test_a_truncated_run_is_told_as_damage(clamshell: Command, tiny: Path) -> None:
    clamshell("run", "tiny.toml", "--out", "run.db")
    path = tiny.with_name("run.db")
    path.write_bytes(path.read_bytes()[:-20_000])
    done = clamshell("summary", "run.db")
    assert done.code == 3
    assert "run.db is damaged" in done.err
    assert done.err.count("\n") == 1
