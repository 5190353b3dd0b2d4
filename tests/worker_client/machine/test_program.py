"""Real programs in a seat: what they say, and all the ways in which they fail."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.errors import EnvironmentFaultError, InputError
from clamshell_tui.wire.parts import Image, Record
from tests.live.processes import eventually
from tests.worker_client.machine.programs import (
    MIAOW,
    OBEDIENT,
    SECONDS,
    WOOF,
    WORK,
    labels,
    running,
    written,
)
from worker_client.machine.labeller import Identity, Labels, Work
from worker_client.machine.program import Program, command_in

Play = Callable[[Coroutine[Any, Any, None]], None]


def test_a_program_labels_what_it_is_sent(tmp_path: Path, play: Play) -> None:
    command = written(
        tmp_path,
        'say(type="ready", source="no second time")\n'
        "task = heard()\n"
        'label(task, cost_micros=24, extra="ignored")\n'
        "task = heard()\n"
        'say(type="answer", id=task["id"], labels=[None, {"label": "cat", "confidence": 0.93, '
        '"why": "it says so"}])\n' + OBEDIENT,
    )

    async def story() -> None:
        async with running(command) as (program, known):
            first = await program.label([WOOF, MIAOW], SECONDS)
            assert first == labels(1, 0)._replace(cost_micros=24)
            second = await program.label([WOOF, MIAOW], SECONDS)
            assert second == Labels((None, 0), (None, 0.93), ("", "it says so"))
            assert known == [Identity("barks")]
            assert program.report() == "1 unreadable line"

    play(story())


def test_a_program_is_sent_the_job_and_the_records_and_no_known_answer(
    tmp_path: Path, play: Play
) -> None:
    seen = tmp_path / "seen"
    command = written(
        tmp_path,
        "task = heard()\n"
        f"open({str(seen)!r}, 'w').write(ascii([hello, task]))\n"
        "label({**task, 'records': [{'text': ''}] * 3})\n" + OBEDIENT,
    )
    records = [
        Record("7", text="für \u2028 \U0001f415 \n", truth=1),
        Record("8", image=Image(1, 1, 1, b"\xff")),
        Record("9", numbers=(("weight", 4.5),)),
    ]

    async def story() -> None:
        async with running(command, work=Work(("Kätzchen", "dog"), "Wähle")) as (program, _):
            assert await program.label(records, 12.0) == labels(1, 1, 1)

    play(story())
    hello, task = eval(seen.read_text())
    assert hello == {
        "type": "hello",
        "version": 1,
        "classes": ["Kätzchen", "dog"],
        "instructions": "Wähle",
    }
    assert 11 < task.pop("seconds") <= 12
    assert task == {
        "type": "task",
        "id": "1",
        "records": [
            {"id": "7", "text": "für \u2028 \U0001f415 \n"},
            {"id": "8", "image": {"width": 1, "height": 1, "channels": 1, "pixels": "/w=="}},
            {"id": "9", "numbers": {"weight": 4.5}},
        ],
    }


def test_a_class_beyond_ascii_is_understood_raw_and_escaped(tmp_path: Path, play: Play) -> None:
    command = written(
        tmp_path,
        "for text in ('{\"label\":\"Kätzchen\"}', json.dumps({'label': 'Kätzchen'})):\n"
        '    print(\'{"type":"answer","id":"%s","labels":[%s]}\' % (heard()[\'id\'], text))\n'
        + OBEDIENT,
    )

    async def story() -> None:
        async with running(command, work=Work(("Kätzchen", "dog"), "")) as (program, _):
            for _ in range(2):
                assert await program.label([WOOF], SECONDS) == labels(0)

    play(story())


NOISE = [
    ("print('Loading weights ... 100 %')", "1 unreadable line"),
    ("sys.stdout.buffer.write(b'\\xff\\xfe\\n')", "1 unreadable line"),
    ("print('[' * 100000)", "1 unreadable line"),
    ("print('[1, 2]\\n{}\\n\"answer\"\\n\\n7')", "4 unreadable lines"),
    ("print('x' * 9_000_000)", "1 unreadable line"),
    ("say(type='answer', id='another', labels=[])", "1 late answer"),
    ("say(type='answer', id=task['id'], labels=[])", None),
    ("say(type='answer', id=task['id'], labels='dog')", None),
    ("say(type='answer', id=task['id'], labels=[{'label': 'dog', 'confidence': 7}])", None),
]


@pytest.mark.parametrize(("noise", "report"), NOISE)
def test_noise_is_counted_and_a_faulty_answer_abstains(
    tmp_path: Path, play: Play, noise: str, report: str | None
) -> None:
    command = written(
        tmp_path, f"task = heard()\n{noise}\nsys.stdout.flush()\nlabel(task)\n" + OBEDIENT
    )

    async def story() -> None:
        async with running(command) as (program, _):
            assert await program.label([WOOF], SECONDS) == labels(1 if report else None)
            assert await program.label([MIAOW], SECONDS) == labels(0)
            assert program.report() == (report or "1 late answer, 1 faulty answer")

    play(story())


def test_a_label_outside_the_classes_abstains_on_its_record_alone(
    tmp_path: Path, play: Play
) -> None:
    command = written(
        tmp_path,
        "say(type='answer', id=heard()['id'], labels=[{'label': 'Dog'}, {'label': 'cat'}])\n"
        + OBEDIENT,
    )

    async def story() -> None:
        async with running(command) as (program, _):
            assert await program.label([WOOF, MIAOW], SECONDS) == labels(None, 0)
            assert program.report() == "1 label outside the classes"

    play(story())


def test_an_answer_in_pieces_is_one_answer(tmp_path: Path, play: Play) -> None:
    """Each piece is written when the reader has had the time to read the one before."""
    command = written(
        tmp_path,
        "task = heard()\n"
        'line = json.dumps({"type": "answer", "id": task["id"], "labels": [{"label": "dog"}]})\n'
        "for piece in (line[:5], line[5:30], line[30:] + '\\r\\n'):\n"
        "    os.write(1, piece.encode())\n"
        "    time.sleep(0.05)\n" + OBEDIENT,
    )

    async def story() -> None:
        async with running(command) as (program, _):
            assert await program.label([WOOF], SECONDS) == labels(1)
            assert program.report() == ""

    play(story())


def test_after_a_crash_the_task_is_sent_again(tmp_path: Path, play: Play) -> None:
    crashed = tmp_path / "crashed"
    command = written(
        tmp_path,
        "task = heard()\n"
        f"if not os.path.exists({str(crashed)!r}):\n"
        f"    open({str(crashed)!r}, 'w')\n"
        "    os.kill(os.getpid(), signal.SIGSEGV)\n"
        "label(task)\n" + OBEDIENT,
    )

    async def story() -> None:
        async with running(command) as (program, known):
            assert await program.label([WOOF], SECONDS) == labels(1)
            assert await program.label([MIAOW], SECONDS) == labels(0)
            assert known == [Identity("barks")] * 2
            assert program.report() == "1 restart"

    play(story())


def test_a_record_that_crashes_the_program_costs_no_other_record(
    tmp_path: Path, play: Play
) -> None:
    command = written(
        tmp_path,
        "while True:\n"
        "    task = heard()\n"
        "    if task['records'][0]['text'] == 'poison':\n"
        "        raise ValueError('poison')\n"
        "    label(task)\n",
    )

    async def story() -> None:
        async with running(command) as (program, _):
            for _ in range(3):  # more often than it may be restarted without an answer
                assert await program.label([Record("3", text="poison")], SECONDS) == labels(None)
                assert await program.label([WOOF], SECONDS) == labels(1)
            assert program.report() == "6 restarts"

    play(story())


def test_a_program_that_answers_and_ends_at_once_has_answered(tmp_path: Path, play: Play) -> None:
    command = written(tmp_path, "label(heard())\n")

    async def story() -> None:
        async with running(command, restarts=1) as (program, _):
            for _ in range(4):
                assert await program.label([WOOF], SECONDS) == labels(1)

    play(story())


def test_a_program_that_hangs_is_killed_and_its_task_skipped(tmp_path: Path, play: Play) -> None:
    hung = tmp_path / "hung"
    command = written(
        tmp_path,
        f"if not os.path.exists({str(hung)!r}):\n"
        f"    open({str(hung)!r}, 'w').write(str(os.getpid()))\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    while True:\n"
        "        time.sleep(60)\n" + OBEDIENT,
    )

    async def story() -> None:
        async with running(command, limit=0.2) as (program, _):
            assert await program.label([WOOF], SECONDS) == labels(None)
            assert await program.label([WOOF], SECONDS) == labels(1)
            assert program.report() == "1 restart, 1 timeout"

    play(story())
    assert not _lives(int(hung.read_text()))


def test_the_time_of_the_lease_limits_a_task_too(tmp_path: Path, play: Play) -> None:
    command = written(tmp_path, "heard()\ntime.sleep(60)\n")

    async def story() -> None:
        async with running(command) as (program, _):
            await program.label([WOOF], 0.2)
            assert program.report() == "1 timeout"

    play(story())


def test_the_answer_to_a_withdrawn_task_is_ignored(tmp_path: Path, play: Play) -> None:
    command = written(
        tmp_path,
        "label(heard())\n"
        "task = heard()\n"
        "assert heard() == {'type': 'cancel', 'id': task['id']}\n"
        "label(task)\n" + OBEDIENT,
    )

    async def story() -> None:
        async with running(command) as (program, _):
            assert await program.label([WOOF], SECONDS) == labels(1)
            asking = asyncio.create_task(program.label([WOOF], SECONDS))
            await asyncio.sleep(0)  # it is sent
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            assert await program.label([MIAOW], SECONDS) == labels(0)
            assert program.report() == "1 late answer"

    play(story())


LAST_WORDS = [
    ("raise ValueError('no weights')", "ended with status 1: ValueError: no weights (--exec)"),
    ("print('no licence found'); sys.exit(3)", "ended with status 3: no licence found (--exec)"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL (--exec)"),
    ("sys.stderr.write('\\x1b[31mred\\n\\n'); sys.exit(0)", "ended with status 0: \ufffd[31mred"),
    ("os.fork() or time.sleep(60); sys.exit(4)", "ended with status 4 (--exec)"),
    ("os.close(1); time.sleep(60)", "closed its output (--exec)"),
]


@pytest.mark.parametrize(("text", "words"), LAST_WORDS)
def test_a_program_that_goes_on_failing_is_given_up_with_its_last_words(
    tmp_path: Path, play: Play, text: str, words: str
) -> None:
    program = Program(written(tmp_path, text), timeout=SECONDS, restarts=1, pause=0.01)

    async def story() -> None:
        with pytest.raises(EnvironmentFaultError, match="failed 2 times") as failed:
            await program.run(WORK, lambda identity: None)
        assert words in str(failed.value)
        assert "\n" not in str(failed.value)

    play(story())


def test_a_program_that_is_never_ready_is_given_up(tmp_path: Path, play: Play) -> None:
    command = written(tmp_path, "import time\ntime.sleep(60)\n", prelude="")
    program = Program(command, timeout=SECONDS, restarts=0, start=0.2)

    async def story() -> None:
        with pytest.raises(EnvironmentFaultError, match=r"once.* was not ready within 0\.2 s"):
            await program.run(WORK, lambda identity: None)

    play(story())


def test_it_learns_nothing_of_ours_and_leaves_nothing_behind(
    tmp_path: Path, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAMSHELL_TOKEN", "secret")
    monkeypatch.setenv("MODEL_HOME", "/models")
    environment, grandchild = tmp_path / "environment", tmp_path / "grandchild"
    command = written(
        tmp_path,
        f"open({str(environment)!r}, 'w').write(repr(sorted(os.environ)))\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    time.sleep(60)\n"
        f"open({str(grandchild)!r}, 'w').write(str(pid))\n" + OBEDIENT,
    )

    async def story() -> None:
        async with running(command) as (program, _):
            assert await program.label([WOOF], SECONDS) == labels(1)
            assert _lives(int(grandchild.read_text()))

    play(story())
    names = eval(environment.read_text())
    assert "MODEL_HOME" in names
    assert not [name for name in names if name.startswith("CLAMSHELL")]
    assert eventually(lambda: not _lives(int(grandchild.read_text())))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("'python model.py", r"No closing quotation \(--exec\)\. Close the quotes"),
        ("no-such-program -x", r'no program "no-such-program" \(--exec\)'),
        (" ", 'no program ""'),
    ],
)
def test_a_command_that_cannot_be_started_is_refused_before_a_seat_is_taken(
    text: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        command_in(text)


def test_no_shell_reads_the_command() -> None:
    assert command_in("echo '$HOME; ls' *") == ["echo", "$HOME; ls", "*"]


def _lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(pid, 0)
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
