"""A forgetful router, a flapping proxy, a stopped and a killed coordinator: the run finishes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import ClockStopped
from clamshell_tui.runfile.meta import config_of
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.verify import require_finished, verify
from clamshell_tui.wire.invitation import Codes, read_codes
from tests.core.pay_oracle import PayOracle
from tests.live.network import Network, two_machines
from tests.live.processes import COMMAND, eventually

BOTS, PORT, ROUTERS = 12, 7801, (7811, 7812)
SCENARIO = """\
dataset = {kind = "generated", records = 600}
requester.gold = 20
learning.enabled = false
qualification = {records = 3, pass_mark = 0.0}
pool = {size = 10, reserve = 2, start_with = 0.5, grace = 120.0}
tasks = {records_per_task = 2, lease = 240.0}
maintenance.threshold = inf
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def network() -> Iterator[Network]:
    with ExitStack() as stack:
        yield two_machines(stack)


class Lab:
    """A coordinator on one machine; routers and bots on the other."""

    def __init__(self, network: Network, folder: Path, stack: ExitStack) -> None:
        (folder / "lab.toml").write_text(SCENARIO)
        self._network = network
        self._folder = folder
        self._stack = stack
        self.coordinator = self.serve()
        self.codes = read_codes(folder / "codes")
        self.routers = [self.route(port) for port in ROUTERS]

    def serve(self) -> "subprocess.Popen[bytes]":
        """Start the coordinator, or start it again."""
        codes = self._folder / "codes"
        codes.unlink(missing_ok=True)
        words = ["serve", str(self._folder / "lab.toml"), "--db", str(self._folder / "run.db")]
        words += ["--lan", "--headless", "--port", str(PORT), "--codes-file", str(codes)]
        words += ["--seats", "0", "--bot-seats", str(BOTS), "--linger", "30", "--speed", "3"]
        process = self._start(*self._network.here, *COMMAND, *words)
        assert eventually(lambda: codes.exists() and read_codes(codes).ready)
        return process

    def route(self, port: int) -> "subprocess.Popen[bytes]":
        """Start a router to the coordinator."""
        host = self.codes.address.partition("#")[0].rpartition(":")[0]
        script = Path(__file__).with_name("router.py")
        words = [sys.executable, str(script), str(port), host, str(PORT)]
        return self._start(*self._network.there, *words)

    def bots(self, codes: Codes, out: Path) -> "subprocess.Popen[bytes]":
        """Start all bots, half of them behind each router."""
        fingerprint = codes.address.partition("#")[2]
        joins = [
            f"clam://127.0.0.1:{ROUTERS[number % 2]}/{code}#{fingerprint}"
            for number, code in enumerate(codes.bots)
        ]
        words = [sys.executable, "-m", "worker_client", "--headless", "--bot", "fast-local"]
        words += joins
        with out.open("wb") as file:
            return self._start(*self._network.there, *words, stderr=file)

    def _start(self, *words: str, stderr: IO[bytes] | None = None) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=stderr)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process


def test_the_run_finishes_everybody_comes_back_and_all_pay_is_right(
    network: Network, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        lab = Lab(network, tmp_path, stack)
        assert eventually(lambda: lab.routers[1].poll() is None)
        bots = lab.bots(lab.codes, tmp_path / "bots")
        time.sleep(15.0)  # no event shows that all of them are at work
        lab.routers[0].send_signal(signal.SIGUSR1)
        time.sleep(8.0)
        lab.routers[1].kill()
        time.sleep(3.0)
        lab.routers[1] = lab.route(ROUTERS[1])
        time.sleep(6.0)
        os.kill(lab.coordinator.pid, signal.SIGSTOP)
        time.sleep(8.0)
        os.kill(lab.coordinator.pid, signal.SIGCONT)
        time.sleep(6.0)
        lab.coordinator.kill()
        lab.coordinator.wait()
        lab.coordinator = lab.serve()
        assert bots.wait(240) == 0
        assert lab.coordinator.wait(60) == 0
    check(tmp_path)


def check(folder: Path) -> None:
    """Nobody was sent away, and each statement is what an independent sum comes to."""
    with open_run(folder / "run.db") as file:
        require_finished(verify(file), "run.db")
        config = config_of(file)
        engine, oracle, stops = Engine(config), PayOracle(config), 0
        for at, event in file.events():
            oracle.see(at, event, engine.handle(event, at))
            stops += isinstance(event, ClockStopped)
    assert stops == 1
    reasons = {worker.reason for worker in engine.state.pool.workers.values()}
    assert reasons <= {"the run is over", "left"}, "some go by themselves, none is sent away"
    said = re.findall(
        r"(P\d+): (?:the run is over|left), \$([\d.]+)", (folder / "bots").read_text()
    )
    assert len(said) == BOTS
    owed = {worker: account.owed / 1e6 for worker, account in oracle.accounts.items()}
    assert {worker: float(paid) for worker, paid in said} == pytest.approx(owed, abs=0.002)
