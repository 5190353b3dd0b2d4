"""Records in and labels out, from the command line: the pipe, and a coordinator that runs."""

import asyncio
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.client import AsyncRequester, Codes
from clamshell_tui.coordinator.child import ChildCoordinator
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.workforce.config import CrowdConfig, CustomConfig
from tests.live.processes import COMMAND, clamshell
from worker_client.crowd_of_bots import run

PIPE = ["label", "--classes", "pos,neg", "--bots", "3", "--speed", "100", "--bot", "fast-local"]


def tweets(count: int) -> list[dict[str, str]]:
    return [
        {"name": f"t{n}", "text": f"word {n} {'fine' if n % 2 else 'awful'}", "label": truth}
        for n in range(count)
        for truth in ["pos" if n % 2 else "neg"]
    ]


def lines(rows: list[dict[str, str]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# -- clamshell label


def test_every_record_of_a_pipe_comes_out_with_a_label() -> None:
    rows = [{**row, "label": row["label"].replace("neg", "neg, or so")} for row in tweets(30)]
    words = ["label", "--classes", 'pos,"neg, or so"', *PIPE[3:], "--id", "name", "--votes", "2"]
    done = clamshell(*words, given=lines(rows))
    assert done.returncode == 0, done.stderr
    found = {each["id"]: each["label"] for each in objects(done.stdout)}
    right = {row["name"]: row["label"] for row in rows}
    assert found.keys() == right.keys()
    assert sum(found[name] == right[name] for name in right) >= 25
    assert all(0.5 <= each["support"] <= 1 for each in objects(done.stdout))


def test_labels_come_out_while_records_still_come_in() -> None:
    first, second = tweets(2)
    with subprocess.Popen([*COMMAND, *PIPE], stdin=-1, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number, row in enumerate((first, second)):
            process.stdin.write(lines([row]))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == str(number)
        process.stdin.close()
        assert process.stdout.read() == ""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('{"text": "a", "label": "pso"}', 'label "pso" is not one of pos, neg (did you mean "pos"'),
        pytest.param(
            '{"text": "a"}',
            'line 1: record "0" has no label, and bots need the right answer',
            marks=pytest.mark.slow,
        ),
        pytest.param("nonsense", "stdin line 1: not JSON", marks=pytest.mark.slow),
        ('{"label": "pos"}', 'stdin line 1: no column "text"; found: label'),
    ],
)
def test_a_record_that_cannot_be_labelled_ends_the_pipe(given: str, message: str) -> None:
    done = clamshell(*PIPE, given=given)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_line_is_reported_and_the_others_are_labelled() -> None:
    first, second, third = tweets(3)
    bad = 'nonsense\n{"text": " ", "label": "pos"}\n{"txt": "a"}\n'
    done = clamshell(*PIPE, given=lines([first, second]) + bad + lines([third]))
    assert done.returncode == 1
    assert "left out: stdin line 3: not JSON" in done.stderr
    assert "left out: stdin line 4: no text to label" in done.stderr
    assert 'left out: stdin line 5: no column "text"; found: txt' in done.stderr
    assert "3 bad lines left out" in done.stderr
    assert {each["id"] for each in objects(done.stdout)} == {"0", "1", "5"}


def test_the_first_bad_line_can_be_the_end_and_what_came_before_it_is_labelled() -> None:
    done = clamshell(*PIPE, "--strict", given=lines(tweets(2)) + "nonsense\n" + lines(tweets(1)))
    assert done.returncode == 2
    assert "error: stdin line 3: not JSON" in done.stderr
    assert len(objects(done.stdout)) == 2


def test_a_pipe_ends_quietly_when_its_reader_has_gone() -> None:
    with subprocess.Popen([*COMMAND, *PIPE], stdin=-1, stdout=-1, stderr=-1) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, said = process.communicate(lines(tweets(30)).encode(), timeout=60)
    assert process.returncode == 141
    assert said == b""


def test_a_closed_stdin_is_an_error_and_no_hang() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *COMMAND, *PIPE], capture_output=True, timeout=60
    )
    assert done.returncode == 2
    assert b"stdin is closed" in done.stderr


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)],
)
def test_a_pipe_for_people_says_how_to_join_and_can_be_stopped_while_it_waits_for_records(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with subprocess.Popen(
        [*COMMAND, "label", "--classes", "a,b", "--workers", "2"],
        stdin=-1,
        stderr=-1,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stderr is not None
        for _ in range(2):
            line = process.stderr.readline()
            assert line.startswith(b"join with:  clamshell-worker clam://127."), line
        process.send_signal(number)
        process.wait(60)
        assert b"Fatal" not in process.stderr.read()
    assert process.returncode == code
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_field_is_told_before_anybody_is_invited() -> None:
    done = clamshell("label", "--classes", "a,b", given='{"tekst": "x"}\n{"tekst": "y"}\n')
    assert done.returncode == 2
    assert 'no column "text"; found: tekst. Say which it is with --text tekst' in done.stderr
    assert "join with" not in done.stderr


@pytest.mark.slow
def test_what_cannot_work_is_told_before_anything_is_started() -> None:
    assert "need >= 2 distinct classes" in clamshell("label", "--classes", "a").stderr
    nobody = clamshell("label", "--classes", "a,b", "--workers", "0")
    assert nobody.returncode == 2
    assert "no workers: --workers 0" in nobody.stderr


# -- clamshell submit, labels, predict

SCENARIO = """\
name = "wire"
dataset = {kind = "wire", classes = ["pos", "neg"]}
qualification.enabled = false
requester.gold = 0
pool = {size = 3, reserve = 0}
tasks.records_per_task = 4
maintenance.threshold = inf
"""
ALWAYS_RIGHT = CrowdConfig(
    population="custom",
    custom=CustomConfig(mean=1.0, deviation=0.3, accuracy=1.0),
    abandonment=0.0,
)


async def command(*args: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(clamshell, *args)


def test_a_running_coordinator_takes_records_and_gives_labels_and_predictions(
    tmp_path: Path,
) -> None:
    file = tmp_path / "tweets.jsonl"
    file.write_text(lines(tweets(40)))

    async def conversation(codes: Codes) -> None:
        at = ["--at", codes.address, "--token", codes.requester]
        columns = ["--id", "name", "--truth", "label"]
        done = await command("submit", str(file), *at, "--id", "name", "--truth", "lable")
        assert 'no record has "lable" (--truth)' in done.stderr
        done = await command("submit", str(file), *at, *columns)
        assert done.stderr == "40 records submitted\n"
        async with await AsyncRequester.connect(codes.address, codes.requester) as requester:
            number = 0
            async for label in requester.labels():
                number = label.number
                if number == 39:
                    break
        done = await command("labels", *at)
        found = {each["id"]: each["label"] for each in objects(done.stdout)}
        assert found == {row["name"]: row["label"] for row in tweets(40)}
        done = await command("labels", *at, "--since", "38")
        assert [each["number"] for each in objects(done.stdout)] == [38, 39]
        done = await command("predict", str(file), *at, "--id", "name")
        said = objects(done.stdout)
        assert [each["id"] for each in said] == [row["name"] for row in tweets(40)]
        assert sum(each["label"] == found[each["id"]] for each in said) > 30
        done = await command("submit", str(file), *at, *columns, "--last")
        assert done.stderr == "40 records submitted; no more will follow\n"

    async def test() -> None:
        scenario = parse_scenario(SCENARIO, "test")
        options = ["--port", "0", "--speed", "50", "--seats", "0", "--bot-seats", "3"]
        with ChildCoordinator(scenario, tmp_path / "run.db", *options) as coordinator:
            codes = await coordinator.codes()
            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                joins = [codes.join(code) for code in codes.bots]
                group.create_task(run(joins, ALWAYS_RIGHT))
                group.create_task(conversation(codes))
            assert await coordinator.ended(10)

    asyncio.run(test())


def test_commands_say_what_is_missing(tmp_path: Path) -> None:
    done = clamshell("labels")
    assert done.returncode == 2
    assert "no requester token. Name --codes-file FILE, or --token T" in done.stderr
    done = clamshell("labels", "--at", "no address")
    assert '"no address" is not an address' in done.stderr
    done = clamshell("labels", "--codes-file", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "No such file or directory (--codes-file)" in done.stderr
    (tmp_path / "wrong").write_text("hello\n")
    done = clamshell("labels", "--codes-file", str(tmp_path / "wrong"))
    assert "wrong does not say where a coordinator listens" in done.stderr
