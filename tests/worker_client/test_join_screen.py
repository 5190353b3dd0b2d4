"""The screen on which a worker joins: a line, a code, a seat from before."""

from textual.widgets import Input

from clamshell_tui.wire.invitation import parse
from clamshell_tui.wire.messages import Error, Hello
from clamshell_tui.wire.worker_messages import Join, Occupied, Stay, TakeOver
from tests.worker_client.conftest import Play
from tests.worker_client.scripted import coordinator, joined
from tests.worker_client.terminal import Terminal, terminal
from worker_client.app import WorkerApp
from worker_client.outbox import SeatStore


def test_a_wrong_code_is_asked_for_again_at_the_same_place(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.expect(Hello)
            await screen.server.expect(Join)
            await screen.server.say(Error("code", "code not accepted (2 tries left)"))
            await screen.reads("\u2717 code not accepted (2 tries left)")
            await type_line(screen, "abcd 1234")
            await screen.server.expect(Hello)
            assert await screen.server.expect(Join) == Join("ABCD-1234", width=80, height=24)

    play(story())


def test_without_a_line_it_is_asked_for_and_nonsense_is_explained(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with coordinator() as server:
            app = WorkerApp(store)
            async with app.run_test(size=(80, 24)) as pilot:
                screen = Terminal(app, pilot, server)
                await screen.reads("Paste the line you were given")
                await type_line(screen, "what?")
                await screen.reads("is not a join string")
                await type_line(screen, f"clam://127.0.0.1:{server.port}/K7QM")
                await server.expect(Hello)
                assert await server.expect(Join) == Join("K7QM", width=80, height=24)

    play(story())


def test_a_line_without_a_code_is_said_to_have_none(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with coordinator() as server:
            app = WorkerApp(store, parse("nonsense"))
            async with app.run_test(size=(80, 24)) as pilot:
                screen = Terminal(app, pilot, server)
                await screen.reads("clam://nonsense:7777/", "\u2717 There is no code in this line")
                await screen.reads("clam://127.0.0.1:7777/K7QM-2F9X")
                await type_line(screen, f"clam://127.0.0.1:{server.port}/")
                await screen.reads("\u2717 There is no code in this line")
                await type_line(screen, f"clam://127.0.0.1:{server.port}/K7QM")
                await server.expect(Hello)

    play(story())


async def type_line(screen: Terminal, line: str) -> None:
    """Replace what stands in the field, and press Enter."""
    field = screen.app.screen.query_one(Input)
    await screen.until(lambda: field.has_focus)
    field.value = line
    await screen.press("enter")


def test_a_new_terminal_offers_the_seat_of_the_last_one(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with coordinator() as server:
            for _ in range(2):
                app = WorkerApp(store, server.join)
                async with app.run_test(size=(80, 24)) as pilot:
                    await server.seat(joined(begun=True))
                    await Terminal(app, pilot, server).reads("P001")
            app = WorkerApp(store)
            async with app.run_test(size=(80, 24)) as pilot:
                await pilot.pause()
                assert app.screen.query_one(Input).value == (
                    f"clam://127.0.0.1:{server.port}/K7QM-2F9X"
                )

    play(story())


def test_another_version_is_told_and_ends_with_exit_code_2(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.expect(Hello)
            await screen.server.say(Error("version", "server speaks 3, this client 1"))
            await screen.reads("This session cannot go on", "Server speaks 3, this client 1")
            await screen.press("enter")
            assert screen.app.return_code == 2

    play(story())


def test_who_comes_to_a_taken_seat_waits_and_whoever_sits_there_is_asked(
    play: Play, store: SeatStore
) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.hello()
            await screen.server.say(Occupied(10.0))
            await screen.reads("your code is in use at another place, which has 10 s to object")
            await screen.server.say(joined())
            await screen.reads("I have read")
            await screen.server.say(TakeOver(10.0))
            await screen.reads("Your code is used at another place.", "Press any key to stay.")
            await screen.server.say(TakeOver(0.0))
            await screen.reads("I have read")
            await screen.server.say(TakeOver(10.0))
            await screen.reads("Press any key to stay.")
            while screen.app.session.objection_until is not None:  # the first moment ignores keys
                await screen.press("x")
            await screen.server.expect(Stay)
            await screen.reads("I have read")

    play(story())


def test_why_a_seated_worker_cannot_go_on_is_said_once(play: Play, store: SeatStore) -> None:
    async def story() -> None:
        async with terminal(store) as screen:
            await screen.server.seat(joined())
            await screen.reads("I have read this")
            await screen.server.say(Error("replaced", "your seat was taken"))
            await screen.reads("This session cannot go on", "Your seat was taken")
            assert screen.text.lower().count("your seat was taken") == 1

    play(story())
