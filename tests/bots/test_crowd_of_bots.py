"""Bots on real sockets: they come in order, come back, come again, and fail in plain words."""

import asyncio
from collections.abc import Coroutine
from itertools import count
from math import inf
from typing import Any, TypeVar

import msgspec
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
    Begin,
    Heartbeat,
    Join,
    Joined,
    Leave,
    Over,
    Progress,
    Qualification,
    Qualified,
    Rejoin,
    Statement,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from clamshell_tui.workforce.config import CrowdConfig, CustomConfig, WandererConfig
from clamshell_tui.workforce.crowd import SimulatedCrowd
from tests.client.tiny_coordinator import Behaviour, Talk, coordinator
from worker_client.bot import RUN_OVER, Bot, Fate
from worker_client.crowd_of_bots import crowd_named, named, run, run_cli

Result = TypeVar("Result")

TOKEN = "token-of-the-first-worker"
STATEMENT = Statement("P001", 0, 0, 20_000, 0, 0, 20_000)
RECORDS = (Record("r1", text="?", truth=1), Record("r2", text="?", truth=0))
ALWAYS_RIGHT = CrowdConfig(
    population="custom",
    custom=CustomConfig(mean=0.01, spread=0.0, deviation=0.0, accuracy=1.0),
    abandonment=0.0,
)


def bounded(test: Coroutine[Any, Any, Result]) -> Result:
    async def within() -> Result:
        async with asyncio.timeout(60):
            return await test

    return asyncio.run(within())


async def with_coordinator(
    *behaviours: Behaviour, crowd: CrowdConfig = ALWAYS_RIGHT, bots: int = 1, **options: Any
) -> list[Fate]:
    async with coordinator(*behaviours) as address:
        joins = [f"clam://{address}/CODE-{number}" for number in range(bots)]
        return await run(joins, crowd, **options)


def joined(worker: str = "P001", *, begun: bool = False, heartbeat: float = 60.0) -> Joined:
    return Joined(
        worker, TOKEN, "", "", ("a", "b"), 2, 0, 0, "full", heartbeat, speed=1.0, begun=begun
    )


async def greet(talk: Talk) -> ToServer:
    """The hello; returns what the bot wants."""
    hello = await talk.hear()
    assert isinstance(hello, Hello)
    await talk.say(Welcome(VERSION, "test", "tiny"))
    return await talk.hear()


async def one_task(talk: Talk) -> None:
    """A seat, one task, the end."""
    assert isinstance(await greet(talk), Join)
    await talk.say(joined())
    assert isinstance(await talk.hear(), Begin)
    await talk.say(Wait("available", 0, 0), TaskAssigned("t1", RECORDS, 60.0))
    assert await talk.hear() == Answer("t1", (1, 0))
    await talk.say(Over(RUN_OVER, STATEMENT))


def refusing(code: str, message: str) -> Behaviour:
    async def behave(talk: Talk) -> None:
        await greet(talk)
        await talk.say(Error(code, message))  # type: ignore[arg-type]  # literals by parameter

    return behave


def test_a_bot_takes_its_seat_labels_and_goes() -> None:
    crowd = CrowdConfig(**{**_fields(ALWAYS_RIGHT), "reaction": False})
    fates = bounded(with_coordinator(one_task, crowd=crowd))
    assert fates == [Fate(0, "P001", RUN_OVER, STATEMENT)]


def _fields(config: CrowdConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in config.__struct_fields__}


def test_a_bot_that_loses_its_connection_closes_it_and_comes_back_with_its_token() -> None:
    wandering = CrowdConfig(
        **{
            **_fields(ALWAYS_RIGHT),
            "reaction": False,
            "behaviours": {"wanderer": 1.0},
            "wanderer": WandererConfig(chance=1.0, away=0.05),
        }
    )
    closed = asyncio.Event()

    async def losing(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True), TaskAssigned("t1", RECORDS, 60.0))
        await talk.until_closed()
        closed.set()

    async def again(talk: Talk) -> None:
        assert await greet(talk) == Rejoin(TOKEN)
        assert closed.is_set()
        await talk.say(joined(begun=True), Over("left", STATEMENT))

    fates = bounded(with_coordinator(losing, again, crowd=wandering))
    assert fates == [Fate(0, "P001", "left", STATEMENT)]


def test_a_bot_comes_back_after_a_crash_of_the_coordinator() -> None:
    async def crashing(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True))
        await talk.hang_up()

    async def again(talk: Talk) -> None:
        assert await greet(talk) == Rejoin(TOKEN)
        await talk.say(joined(begun=True), Over("left", STATEMENT))

    assert bounded(with_coordinator(crashing, again))[0].reason == "left"


def test_what_a_script_asks_of_a_bot_without_a_connection_does_nothing() -> None:
    async def seating(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True))
        await talk.hang_up()

    async def story() -> Fate:
        times = count(1)

        def settled() -> None:
            if next(times) == 2:  # it was seated, and is refused now
                bot.leave()

        async with coordinator(seating, refusing("full", "later"), seated_again) as address:
            recruit = SimulatedCrowd(ALWAYS_RIGHT, n_classes=2, seed=1).recruit
            bot = Bot(
                parse(f"clam://{address}/CODE"),
                lambda _: recruit(),
                speed=1000.0,
                settled=settled,
            )
            return await bot.live()

    assert bounded(story()).reason == "left"


def test_an_answer_crosses_a_termination_that_is_long_on_the_wire() -> None:
    said: list[object] = []

    async def ending(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True), TaskAssigned("t1", RECORDS, 60.0))
        await talk.say(
            AssignmentStopped("t1", "finished-by-another", 20_000, 20_000),
            TaskAssigned("t2", RECORDS, 60.0),
        )
        said.extend([await talk.hear(), await talk.hear()])
        await talk.say(Over("left", STATEMENT))

    async def story() -> Fate:
        async with coordinator(ending) as address:
            recruit = SimulatedCrowd(ALWAYS_RIGHT, n_classes=2, seed=1).recruit
            line = parse(f"clam://{address}/CODE")
            bot = Bot(line, lambda _: recruit(), speed=50.0, wire_delay=60.0)
            return await bot.live()

    bounded(story())
    assert {answer.assignment for answer in said if isinstance(answer, Answer)} == {"t1", "t2"}


def test_a_bot_presses_the_participants_keys_through_training_notices_and_tasks() -> None:
    said: list[object] = []

    async def training(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True), TrainingAssigned(RECORDS))
        said.extend([await talk.hear() for _ in range(3)])
        await talk.say(Qualified(True, 2, 2, (1, 0)), TaskAssigned("t1", RECORDS, 60.0))
        said.append(await talk.hear())
        await talk.say(Over("left", STATEMENT))

    assert bounded(with_coordinator(training, speed=1000.0))[0].reason == "left"
    assert said == [Progress(1), Progress(2), Qualification((1, 0)), Answer("t1", (1, 0))]


def test_an_answer_that_may_be_lost_is_sent_again_by_the_session() -> None:
    async def losing(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True), TaskAssigned("t1", RECORDS, 60.0))
        assert await talk.hear() == Answer("t1", (1, 0))
        await talk.hang_up()

    async def again(talk: Talk) -> None:
        assert await greet(talk) == Rejoin(TOKEN)
        await talk.say(joined(begun=True))
        assert await talk.hear() == Answer("t1", (1, 0))
        await talk.say(Acknowledged("t1", "counted", 0, 0), Over("left", STATEMENT))

    assert bounded(with_coordinator(losing, again, speed=1000.0))[0].reason == "left"


def test_who_leaves_and_returns_still_answers_from_outside_and_will_join_again() -> None:
    said: list[object] = []

    async def letting_go(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True), TaskAssigned("t1", RECORDS, 60.0))
        said.append(await talk.hear())
        await talk.say(AssignmentStopped("t1", "withdrawn", 0, 0), Over("left", STATEMENT))
        said.append(await talk.hear())

    async def story() -> Bot:
        async with coordinator(letting_go) as address:
            recruit = SimulatedCrowd(crowd_named("leave-and-return"), n_classes=2, seed=1).recruit
            bot = Bot(parse(f"clam://{address}/CODE"), lambda _: recruit(), speed=50.0)
            await bot.live()
            return bot

    assert bounded(story()).joins_again == 10.0
    assert said[0] == Leave()
    assert isinstance(said[1], Answer)
    assert said[1].assignment == "t1"


def test_a_bot_that_is_gone_for_good_needs_no_message_to_end() -> None:
    closed = asyncio.Event()

    async def silent(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True))
        await talk.until_closed()
        closed.set()

    async def story() -> Fate:
        async with coordinator(silent) as address:
            seated = asyncio.Event()
            recruit = SimulatedCrowd(ALWAYS_RIGHT, n_classes=2, seed=1).recruit
            line = parse(f"clam://{address}/CODE")
            bot = Bot(line, lambda _: recruit(), settled=seated.set)
            living = asyncio.create_task(bot.live())
            await seated.wait()
            bot.disconnect(inf)
            fate = await living
            await closed.wait()
            return fate

    assert bounded(story()).reason == "disconnected for good"


async def seated_again(talk: Talk) -> None:
    """A session that is over as soon as it goes on."""
    assert await greet(talk) == Rejoin(TOKEN)
    await talk.say(joined(begun=True), Over("left", STATEMENT))


def test_a_bot_that_finds_the_pool_full_comes_again() -> None:
    fates = bounded(with_coordinator(refusing("full", "later"), one_task, speed=1000.0))
    assert fates[0].reason == RUN_OVER


@pytest.mark.parametrize("code", ["busy"])
def test_a_bot_refused_for_now_knocks_again(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker_client.unattended._KNOCK_AGAIN", (0.0, 0.01))
    fates = bounded(with_coordinator(refusing(code, "later"), one_task))
    assert fates[0].reason == RUN_OVER


def test_bots_come_one_after_the_other_and_not_too_many_at_once() -> None:
    present, most, order = 0, 0, []

    async def count(talk: Talk) -> None:
        nonlocal present, most
        entry = await greet(talk)
        assert isinstance(entry, Join)
        order.append(entry.code)
        present, most = present + 1, max(most, present + 1)
        await talk.say(joined(f"P{len(order):03}", begun=True))
        present -= 1
        await talk.say(Over("left", STATEMENT))
        await talk.until_closed()

    fates = bounded(with_coordinator(count, bots=6, together=2))
    assert order == [f"CODE-{number}" for number in range(6)]
    assert most <= 2
    assert [(fate.number, fate.worker) for fate in fates] == [
        (number, f"P{number + 1:03}") for number in range(6)
    ]


def test_nobody_comes_when_the_run_is_over() -> None:
    visits = 0

    async def over(talk: Talk) -> None:
        nonlocal visits
        visits += 1
        await refusing("over", "the run is over")(talk)

    fates = bounded(with_coordinator(over, bots=5, together=1))
    assert {fate.reason for fate in fates} == {RUN_OVER}
    assert visits == 1


def test_heartbeats_come_in_time() -> None:
    async def listen(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True, heartbeat=0.05))
        for _ in range(3):
            assert await talk.hear() == Heartbeat()
        await talk.say(Over("left", STATEMENT))

    assert bounded(with_coordinator(listen))[0].reason == "left"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("code", InputError), ("token", InputError), ("replaced", ClamshellError)],
)
def test_a_refusal_is_told_in_plain_words(code: str, kind: type[ClamshellError]) -> None:
    with pytest.raises(kind, match=r"127\.0\.0\.1:\d+: because\ufffd") as raised:
        bounded(with_coordinator(refusing(code, "because\x07")))
    assert type(raised.value) is kind


def test_one_bots_failure_does_not_disturb_the_others() -> None:
    fates = bounded(with_coordinator(refusing("code", "used"), one_task, bots=2))
    assert fates[0].reason.endswith(": used")
    assert fates[0].statement is None
    assert fates[1].reason == RUN_OVER


@pytest.mark.parametrize("frame", ["nonsense", '{"type":"granted"}', "[" * 2000])
def test_nonsense_from_the_coordinator_is_an_error_and_no_crash(frame: str) -> None:
    async def babble(talk: Talk) -> None:
        await greet(talk)
        await talk.say_raw(frame)

    with pytest.raises(ClamshellError, match=r"127\.0\.0\.1"):
        bounded(with_coordinator(babble))


def test_a_seat_for_people_is_no_seat_for_bots() -> None:
    async def human(talk: Talk) -> None:
        await greet(talk)
        await talk.say(joined(begun=True), TaskAssigned("t1", (Record("r", text="?"),), 60.0))

    with pytest.raises(ClamshellError, match="bots need the code of a bot seat"):
        bounded(with_coordinator(human))


def test_on_a_bot_seat_the_class_of_an_unknown_record_is_drawn_once_for_all_bots() -> None:
    unknown = tuple([Record(f"r{number}", text="?") for number in range(300)])
    answers: list[tuple[int | None, ...]] = []

    async def study(talk: Talk) -> None:
        await greet(talk)
        seat = msgspec.structs.replace(joined(begun=True), classes=("a", "b", "c"), bot=True)
        await talk.say(seat, TaskAssigned("t1", unknown, 60.0))
        answer = await talk.hear()
        assert isinstance(answer, Answer)
        answers.append(answer.labels)
        await talk.say(Over(RUN_OVER, STATEMENT))

    bounded(with_coordinator(study, study, bots=2))
    first, second = answers
    assert first == second, "perfect bots agree"
    # Uniform: chi-squared with 2 degrees of freedom exceeds 13.8 once in a thousand times; the
    # draws depend on the records' names alone, so this is decided for good.
    counts = [first.count(label) for label in range(3)]
    assert sum((count - 100) ** 2 / 100 for count in counts) < 13.8


@pytest.mark.parametrize(
    ("reasons", "min_ok", "code"),
    [
        (("P001", "P002"), None, 0),
        (("P001", ""), None, 1),  # one was refused
        (("P001", ""), 1, 0),
        (("P001", ""), 2, 1),
        (("P001", "late"), None, 0),  # the run was over
        (("P001", "late"), 2, 1),
    ],
)
def test_the_exit_code_says_whether_enough_bots_got_a_seat(
    reasons: tuple[str, ...],
    min_ok: int | None,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fates = [
        Fate(0, worker if worker != "late" else "", RUN_OVER if worker == "late" else "x", None)
        for worker in reasons
    ]

    async def ran(*_args: object, **_options: object) -> list[Fate]:
        return fates

    monkeypatch.setattr("worker_client.crowd_of_bots.run", ran)
    assert run_cli(["a", "b"], "honest", min_ok=min_ok) == code
    assert ("bots got a seat" in capsys.readouterr().err) == bool(code)


def test_nobody_there_is_told_after_the_patience() -> None:
    async def test() -> None:
        async with coordinator(one_task) as address:
            pass
        await run([f"clam://{address}/CODE"], ALWAYS_RIGHT, patience=0.1)

    with pytest.raises(EnvironmentFaultError, match="refused the connection"):
        bounded(test())


def test_more_bots_than_codes_are_refused() -> None:
    with pytest.raises(InputError, match="3 bots need 3 join codes, got 1"):
        bounded(run(["clam://127.0.0.1:1/CODE"], ALWAYS_RIGHT, count=3))


def test_bots_have_names_of_populations_and_behaviours() -> None:
    assert crowd_named("live") == CrowdConfig(population="live")
    assert crowd_named("spammer") == CrowdConfig(behaviours={"spammer": 1.0})
    with pytest.raises(InputError, match=r'no bot "spamer" \(did you mean "spammer"\?\)'):
        crowd_named("spamer")


def test_a_named_bot_is_the_first_recruit_of_its_crowd() -> None:
    first = SimulatedCrowd(CrowdConfig(population="live"), n_classes=3, seed=7).recruit()
    same = named("live", 7, 3)
    truth = (0, 1, 2)
    assert same.attempt(truth, waited=0.0, interrupted=False) == first.attempt(
        truth, waited=0.0, interrupted=False
    )
