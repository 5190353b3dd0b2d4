"""Clients in another language, written from the protocol's page: a worker and an operator."""

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


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs, installed; skips where that cannot be done."""
    tmp_path = tmp_path_factory.mktemp("node")
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node or npm is not installed")
    for name in ("package.json", "client.mjs", "operator.mjs"):
        shutil.copy(HERE / name, tmp_path)
    install = [npm, "install", "--no-audit", "--no-fund", "--prefer-offline", "--silent"]
    try:
        done = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry does not answer")
    if done.returncode:
        pytest.skip(f"npm install failed: {done.stderr.strip()[:200]}")
    return tmp_path


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


async def output_of(program: Path, *arguments: str) -> Any:
    """Run a program to its end; return the JSON that it prints."""
    process = await asyncio.create_subprocess_exec(
        "node", str(program), *arguments, stdout=-1, stderr=-1
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def work(programs: Path, run_file: Path) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The worker's report, and the labels that it gave."""
    scenario = parse_scenario(SCENARIO, "test")
    with ChildCoordinator(
        scenario, run_file, "--port", "0", "--seats", "1", "--bot-seats", "0"
    ) as coordinator:
        codes = await coordinator.codes()
        async with await AsyncRequester.connect(codes.address, codes.requester) as requester:
            await requester.submit(records())
            host, port = codes.address.split(":")
            report = await output_of(programs / "client.mjs", host, port, codes.seats[0], "5")
            labels = [(found.id, found.label) async for found in requester.labels(follow=False)]
    return report, labels


def test_a_client_in_node_joins_qualifies_labels_comes_back_and_leaves(
    programs: Path, tmp_path: Path
) -> None:
    report, labels = asyncio.run(work(programs, tmp_path / "run.db"))
    assert report["worker"] == "P001"
    assert report["qualified"] is True
    assert report["rejoined"] is True
    assert report["counted"] == 5
    assert report["reason"] == "left"
    assert report["statement"]["records_micros"] == 10 * 20_000
    expected = {record.id: record.text.split()[-1] for record in records() if record.text}
    assert len(labels) == 10
    assert all(expected[name] == label for name, label in labels)


async def operate(programs: Path, run_file: Path) -> tuple[dict[str, Any], str]:
    """The operator's report, and the token that it had at first."""
    scenario = parse_scenario(SCENARIO, "test")
    with ChildCoordinator(
        scenario, run_file, "--port", "0", "--seats", "1", "--lan", "--host", "127.0.0.1"
    ) as coordinator:
        codes = await coordinator.codes()
        place, _, fingerprint = codes.address.partition("#")
        host, port = place.split(":")
        found = await output_of(
            programs / "operator.mjs", host, port, fingerprint[:16], codes.operator
        )
    return found, codes.operator


def test_an_operator_in_node_follows_the_journal_and_gives_orders(
    programs: Path, tmp_path: Path
) -> None:
    report, token = asyncio.run(operate(programs, tmp_path / "run.db"))
    done = dict(report["done"])
    assert [order for order, _ in report["done"]] == [
        "pause",
        "set",
        "resume",
        "message",
        "issue-code",
        "rotate-token",
    ]
    assert report["refused"] == "request"
    assert report["classes"] == list(CLASSES)
    assert report["codes"] == {"type": "codes-checked", "free": [done["issue-code"]], "taken": []}
    assert done["rotate-token"] not in ("", token)
    named = [event["event"] for event in report["events"] if event.get("operator") == "nora"]
    assert named == ["RunPaused", "SettingChanged", "RunResumed", *["OrderCarriedOut"] * 3]
