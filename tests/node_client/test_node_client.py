"""A client in another language, written from the protocol's page, works as a worker."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.client import AsyncRequester, NewRecord
from clamshell_tui.coordinator.child import ChildCoordinator
from clamshell_tui.scenario.load import parse_scenario

HERE = Path(__file__).parent
CLASSES = ("pos", "neg", "neutral")

SCENARIO = """\
name = "node"
dataset = {kind = "wire", classes = ["pos", "neg", "neutral"]}
learning.enabled = false
qualification = {records = 4, pass_mark = 1.0}
pool = {size = 1, reserve = 0}
tasks.records_per_task = 2
maintenance.threshold = inf
"""


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """The program, installed; skips where that cannot be done."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node or npm is not installed")
    for name in ("package.json", "client.mjs"):
        shutil.copy(HERE / name, tmp_path)
    install = [npm, "install", "--no-audit", "--no-fund", "--prefer-offline", "--silent"]
    try:
        done = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry does not answer")
    if done.returncode:
        pytest.skip(f"npm install failed: {done.stderr.strip()[:200]}")
    return tmp_path / "client.mjs"


def records() -> list[NewRecord]:
    """Twenty records with their class in the text, four of them gold."""
    return [
        NewRecord(
            f"r{number}",
            text=f"this one is {CLASSES[number % 3]}",
            gold=CLASSES[number % 3] if number < 4 else None,
        )
        for number in range(20)
    ]


async def work(client: Path, run_file: Path) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The client's report, and the labels that it gave."""
    scenario = parse_scenario(SCENARIO, "test")
    with ChildCoordinator(
        scenario, run_file, "--port", "0", "--seats", "1", "--bot-seats", "0"
    ) as coordinator:
        codes = await coordinator.codes()
        async with await AsyncRequester.connect(codes.address, codes.requester) as requester:
            await requester.submit(records())
            host, port = codes.address.split(":")
            process = await asyncio.create_subprocess_exec(
                "node", str(client), host, port, codes.seats[0], "5", stdout=-1, stderr=-1
            )
            try:
                async with asyncio.timeout(60):
                    out, err = await process.communicate()
            finally:
                if process.returncode is None:
                    process.kill()
            assert process.returncode == 0, err.decode()
            labels = [(found.id, found.label) async for found in requester.labels(follow=False)]
    return json.loads(out), labels


def test_a_client_in_node_joins_qualifies_labels_comes_back_and_leaves(
    client: Path, tmp_path: Path
) -> None:
    report, labels = asyncio.run(work(client, tmp_path / "run.db"))
    assert report["worker"] == "P001"
    assert report["qualified"] is True
    assert report["rejoined"] is True
    assert report["counted"] == 5
    assert report["reason"] == "left"
    assert report["statement"]["records_micros"] == 10 * 20_000
    expected = {record.id: record.text.split()[-1] for record in records() if record.text}
    assert len(labels) == 10
    assert all(expected[name] == label for name, label in labels)
