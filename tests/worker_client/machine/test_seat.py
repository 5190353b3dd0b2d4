"""A machine's seat on a real socket: tasks to the machine, answers back, and every way to end."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from clamshell_tui.errors import ClamshellError, EnvironmentFaultError, InputError
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.invitation import parse
from clamshell_tui.wire.messages import Error, Hello, ToServer, Welcome
from clamshell_tui.wire.parts import Record
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Heartbeat,
    Join,
    Joined,
    MachineReady,
    Over,
    Rejoin,
    Statement,
    TaskAssigned,
)
from tests.client.tiny_coordinator import Behaviour, Talk, coordinator
from tests.worker_client.machine.model_server import completion, serving
from tests.worker_client.machine.programs import MIAOW, OBEDIENT, WOOF, written
from worker_client.machine.labeller import Identity, Labels, Work
from worker_client.machine.seat import MachineSeat

Play = Callable[[Coroutine[Any, Any, None]], None]
TOKEN = "token-of-the-first-machine"
NOTHING = Statement("P009", 0, 0, 0, 0, 0, 0)
OVER = Over("the run is over", NOTHING)
READY = MachineReady("barks", "2", 12)


def joined(*, machine: bool = True, classes: tuple[str, ...] = ("cat", "dog")) -> Joined:
    return Joined("P009", TOKEN, "", "Look.", classes, 2, 0, 0, "full", 60.0, machine=machine)


def task(key: str, *records: Record, lease: float = 60.0) -> TaskAssigned:
    return TaskAssigned(key, records, lease)


def counted(key: str, following: TaskAssigned | None = None) -> Acknowledged:
    return Acknowledged(key, "counted", 24, 0, following)


async def greet(talk: Talk) -> ToServer:
    assert isinstance(await talk.hear(), Hello)
    await talk.say(Welcome(VERSION, "test", "tiny"))
    return await talk.hear()


async def hear(talk: Talk) -> ToServer:
    """The next message that is not a sign of life."""
    while isinstance(message := await talk.hear(), Heartbeat):
        pass
    return message


class Barker:
    """Labels as the test says: ``asked`` and ``withdrawn`` are what it was given."""

    def __init__(self, *answers: Labels) -> None:
        self.asked: asyncio.Queue[tuple[tuple[str, ...], float]] = asyncio.Queue()
        self.withdrawn = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.error: Exception | None = None
        self.work: list[Work] = []
        self._answers = list(answers)

    async def run(self, work: Work, identified: Callable[[Identity], None]) -> None:
        self.work.append(work)
        identified(Identity("barks", "2", 12))
        await asyncio.Event().wait()

    async def label(self, records: Sequence[Record], seconds: float) -> Labels:
        self.asked.put_nowait((tuple(record.id for record in records), seconds))
        if self.error is not None:
            raise self.error
        if self._answers:
            return self._answers.pop(0)
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.withdrawn.set()
            raise
        return Labels.none_of(len(records))

    def report(self) -> str:
        return ""


async def sit(barker: Barker, *behaviours: Behaviour) -> tuple[str, MachineSeat]:
    """Keep the machine in a seat of a coordinator that behaves so."""
    async with coordinator(*behaviours) as address:
        seat = MachineSeat(parse(f"clam://{address}/CODE"), barker)
        return await seat.live(), seat


def test_a_machine_takes_its_seat_labels_and_goes(play: Play) -> None:
    barker = Barker(
        Labels((1, None), (0.9, None), ("woof", ""), 24),
        Labels((0,), (None,), ("",)),
        Labels.none_of(1),
    )

    async def behave(talk: Talk) -> None:
        assert await greet(talk) == Join("CODE", bot=True)
        await talk.say(joined())
        assert await hear(talk) == READY
        await talk.say(task("t1", WOOF, MIAOW))
        assert await hear(talk) == Answer(
            "t1", (1, None), confidences=(0.9, None), reasons=("woof", ""), cost_micros=24
        )
        await talk.say(counted("t1", task("t2", MIAOW)))
        assert await hear(talk) == Answer("t2", (0,))
        await talk.say(counted("t2"), task("t3", MIAOW))
        assert await hear(talk) == Answer("t3", (None,))
        await talk.say(counted("t3"), OVER)

    async def story() -> None:
        reason, seat = await sit(barker, behave)
        assert reason == "the run is over"
        assert seat.report() == "P009: 2 labels, 2 abstained, $0.000"
        assert barker.work == [Work(("cat", "dog"), "Look.")]
        records, seconds = barker.asked.get_nowait()
        assert records == ("1", "2")
        assert 50 < seconds < 60  # it abstains before the lease ends

    play(story())


def test_a_task_that_is_taken_back_is_withdrawn_from_the_machine(play: Play) -> None:
    barker = Barker()

    async def behave(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(), task("t1", WOOF))
        await barker.asked.get()
        await talk.say(AssignmentStopped("t1", "expired", 0, 0))
        await barker.withdrawn.wait()
        barker.goes_on.set()
        await talk.say(task("t2", MIAOW))
        assert await hear(talk) == READY
        assert await hear(talk) == Answer("t2", (None,))
        await talk.say(counted("t2"), OVER)

    play(_done(sit(barker, behave)))


def test_a_lost_connection_does_not_disturb_the_machine(play: Play) -> None:
    """It answers meanwhile; the answer is sent when the connection is back."""
    barker = Barker()

    async def losing(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(), task("t1", WOOF))
        assert await hear(talk) == READY
        await barker.asked.get()
        await talk.hang_up()
        barker.goes_on.set()

    async def again(talk: Talk) -> None:
        assert await greet(talk) == Rejoin(TOKEN)
        await talk.say(joined(), task("t1", WOOF))
        assert {await hear(talk), await hear(talk)} == {READY, Answer("t1", (None,))}
        await talk.say(counted("t1"), OVER)

    async def story() -> None:
        await sit(barker, losing, again)
        assert barker.asked.empty()
        assert not barker.withdrawn.is_set()

    play(story())


async def busy(talk: Talk) -> None:
    await greet(talk)
    await talk.say(Error("busy", "later"))


def test_a_machine_refused_for_now_knocks_again(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker_client.unattended._KNOCK_AGAIN", (0.0, 0.01))

    async def later(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(), OVER)

    play(_done(sit(Barker(), busy, later)))


def saying(*messages: Any) -> Behaviour:
    async def behave(talk: Talk) -> None:
        await greet(talk)
        await talk.say(*messages)
        await talk.until_closed()

    return behave


@pytest.mark.parametrize(
    ("behaviours", "kind", "words"),
    [
        ([saying(joined(machine=False))], InputError, "this code is for a person or a bot"),
        ([saying(Error("code", "code not accepted"))], InputError, "code not accepted"),
        ([saying(Error("replaced", "taken"))], ClamshellError, "taken"),
    ],
)
def test_a_seat_that_it_cannot_have_is_named(
    play: Play, behaviours: list[Behaviour], kind: type[Exception], words: str
) -> None:
    async def story() -> None:
        with pytest.raises(kind, match=words):
            await sit(Barker(), *behaviours)

    play(story())


def test_another_job_at_the_same_address_ends_it(play: Play) -> None:
    async def losing(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined())
        assert await hear(talk) == READY
        await talk.hang_up()

    async def story() -> None:
        with pytest.raises(ClamshellError, match="has another job now"):
            await sit(Barker(), losing, saying(joined(classes=("a", "b"))))

    play(story())


def test_a_machine_that_cannot_go_on_gives_its_seat_up(play: Play) -> None:
    barker = Barker()
    barker.error = EnvironmentFaultError("no weights")

    async def story() -> None:
        with pytest.raises(EnvironmentFaultError, match="no weights"):
            await sit(barker, saying(joined(), task("t1", WOOF)))

    play(story())


# -- the command --------------------------------------------------------------------------------


async def started(command: list[str], *args: str) -> asyncio.subprocess.Process:
    """Start ``clamshell-worker --exec COMMAND ARGS``."""
    return await worker_of("--exec", " ".join(command), *args)


async def worker_of(*args: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker_client", *args), stderr=asyncio.subprocess.PIPE
    )


async def ended(worker: asyncio.subprocess.Process) -> tuple[int, str]:
    _, said = await worker.communicate()
    assert worker.returncode is not None
    return worker.returncode, said.decode()


def test_the_command_ends_with_the_run(tmp_path: Path, play: Play) -> None:
    async def behave(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(), task("t1", WOOF, MIAOW))
        assert await hear(talk) == MachineReady("barks")
        assert await hear(talk) == Answer("t1", (1, 0))
        await talk.say(counted("t1"), OVER)

    async def story() -> None:
        async with coordinator(behave) as address:
            joins = [f"clam://{address}/A", f"clam://{address}/B"]
            worker = await started(written(tmp_path, OBEDIENT), *joins)
            code, said = await ended(worker)
        assert (code, said) == (0, "P009: 2 labels, 0 abstained, $0.000; the run is over\n" * 2)

    play(story())


def test_the_command_asks_a_language_model(
    tmp_path: Path, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1234")
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("{instructions} One of:\n{classes}", "utf-8")

    async def behave(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(), task("t1", WOOF))
        ready = await hear(talk)
        assert isinstance(ready, MachineReady)
        assert (ready.source, ready.remote) == ("barker", "")
        assert await hear(talk) == Answer("t1", (1,), confidences=(1.0,))
        await talk.say(counted("t1"), OVER)

    async def story() -> None:
        with serving(completion("dog", ("dog", 0.0))) as stub:
            async with coordinator(behave) as address:
                url = ["--openai", stub.url, "--model", "barker", "--prompt", str(prompt)]
                code, said = await ended(await worker_of(*url, f"clam://{address}/A"))
        assert (code, said) == (0, "P009: 1 label, 0 abstained, $0.000; the run is over\n")
        assert stub.questions[0]["messages"][0]["content"] == "Look. One of:\ncat\ndog"
        assert stub.asked[-1].headers["Authorization"] == "Bearer sk-1234"

    play(story())


def test_the_command_ends_with_the_last_words_of_its_program(tmp_path: Path, play: Play) -> None:
    command = written(tmp_path, "raise RuntimeError('no weights')\n")

    async def story() -> None:
        async with coordinator(saying(joined())) as address:
            worker = await started(command, "--restarts", "1", f"clam://{address}/A")
            code, said = await ended(worker)
        assert code == 3
        restart, report, error = said.splitlines()
        assert "RuntimeError: no weights; starting it again in 0.5 s" in restart
        assert report == "P009: no labels, 0 abstained, 1 restart"
        assert error.startswith("clamshell-worker: error: ")
        assert error.endswith(
            "status 1: RuntimeError: no weights (--exec). Run it alone to see more"
        )

    play(story())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_program_too(tmp_path: Path, play: Play, number: signal.Signals) -> None:
    pid = tmp_path / "pid"
    command = written(tmp_path, f"open({str(pid)!r}, 'w').write(str(os.getpid()))\n" + OBEDIENT)

    async def story() -> None:
        answered = asyncio.Event()

        async def behave(talk: Talk) -> None:
            await greet(talk)
            await talk.say(joined(), task("t1", WOOF))
            await hear(talk)
            await hear(talk)
            answered.set()
            await talk.until_closed()

        async with coordinator(behave) as address:
            worker = await started(command, f"clam://{address}/A")
            await answered.wait()
            worker.send_signal(number)
            code, said = await ended(worker)
        assert (code, said) == (128 + number, "P009: 1 label, 0 abstained; stopped\n")
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)

    play(story())


async def _done(story: Coroutine[Any, Any, Any]) -> None:
    await story
