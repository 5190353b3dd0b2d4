"""A machine that crashes, hangs, prints noise and abstains at random, beside bots."""

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from clamshell_tui.wire.invitation import Codes, parse_codes
from tests.live.processes import COMMAND, clamshell
from tests.worker_client.machine.programs import written

N = 120
WORKER = [sys.executable, "-m", "worker_client"]
TRIES = """
import random
draws = random.Random(f"{sys.argv[1]}/{time.time_ns()}")  # another course after each restart
while True:
    task = heard()
    if task["type"] != "task":
        continue
    fault = draws.choice(FAULTS)
    if fault == "crash":
        os.kill(os.getpid(), draws.choice([signal.SIGSEGV, signal.SIGTERM, signal.SIGKILL]))
    elif fault == "end":
        sys.exit(draws.randrange(3))
    elif fault == "hang":
        time.sleep(60)
    elif fault == "noise":
        os.write(1, draws.randbytes(draws.randrange(5000)) + b"\\n")
        label(task)
    elif fault == "half":
        os.write(1, b'{"type":"answer","id":"' + task["id"].encode())
        os._exit(1)
    elif fault == "other":
        say(type="answer", id="other", labels=[])
        label(task)
    elif fault == "short":
        say(type="answer", id=task["id"], labels=[])
    elif fault == "foreign":
        say(type="answer", id=task["id"], labels=[{"label": "cow"} for _ in task["records"]])
    elif fault == "abstain":
        say(type="answer", id=task["id"], labels=[None for _ in task["records"]])
    else:
        label(task)
"""
FAULTS = ["crash", "end", "hang", "noise", "half", "other", "short", "foreign", "abstain"]
SCENARIO = """
seed = {seed}
dataset = {{kind = "csv", path = "animals.csv", text = "text", label = "label"}}
pool = {{size = 4, reserve = 2}}
learning = {{enabled = false}}
tasks = {{votes = {votes}, records_per_task = 3}}
machine = {{policy = "{policy}", accept = 0.6}}
"""


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["first", "vote"])
@pytest.mark.parametrize("seed", range(3))
def test_a_bad_machine_loses_no_label_and_costs_nobody_a_seat(
    tmp_path: Path, seed: int, policy: str
) -> None:
    words = [("woof", "dog"), ("miaow", "cat")]
    rows = "".join(f"{n} {words[n % 2][0]},{words[n % 2][1]}\n" for n in range(N))
    (tmp_path / "animals.csv").write_text("text,label\n" + rows)
    votes = 2 if policy == "vote" else 1
    (tmp_path / "animals.toml").write_text(SCENARIO.format(seed=seed, policy=policy, votes=votes))
    program = [*written(tmp_path, f"FAULTS = {[*FAULTS, *['none'] * 9]}" + TRIES), str(seed)]
    place = [str(tmp_path / "animals.toml"), "--db", str(tmp_path / "run.db")]
    with ExitStack() as stack:
        serve = stack.enter_context(
            running(
                *(*COMMAND, "serve", *place, "--headless", "--port", "0", "--speed", "20"),
                *("--linger", "1", "--seats", "0", "--bot-seats", "12", "--machines", "1"),
            )
        )
        codes = _codes(serve)
        machine = stack.enter_context(
            running(
                *(*WORKER, "--exec", " ".join(program), "--timeout", "0.4", "--restarts", "99"),
                *map(codes.join, codes.machines),
            )
        )
        stack.enter_context(
            running(*WORKER, "--headless", "--bot", "fast-local", *map(codes.join, codes.bots))
        )
        _, said = machine.communicate(timeout=120)
        assert machine.returncode == 0, said
        assert serve.wait(60) == 0
    assert re.search(r"\d+ abstained, .*; the run is over", said), said
    assert "starting it again" in said
    exported = clamshell("export", str(tmp_path / "run.db"), "-o", str(tmp_path / "out"), limit=180)
    assert exported.returncode == 0, exported.stderr
    with (tmp_path / "out" / "labels.csv").open(encoding="utf-8") as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    assert len(labels) == N
    assert all(labels)
    with (tmp_path / "out" / "workers.csv").open(encoding="utf-8") as file:
        assert "evicted" not in {row["state"] for row in csv.DictReader(file)}
    verified = clamshell("verify", str(tmp_path / "run.db"), limit=180)
    assert verified.returncode == 0, verified.stdout + verified.stderr


@contextmanager
def running(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that ends with the block at the latest."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


def _codes(serve: "subprocess.Popen[str]") -> Codes:
    """What it prints up to when it is ready."""
    assert serve.stdout is not None
    said: list[str] = []
    while "ready\n" not in said:
        line = serve.stdout.readline()
        assert line, said
        said.append(line)
    return parse_codes(said)
