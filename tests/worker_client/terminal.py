"""A worker's terminal in a test: a scripted coordinator at one end, a keyboard at the other."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual import events
from textual.pilot import Pilot

from clamshell_tui.wire.worker_messages import TaskAssigned, Wait
from tests.worker_client.scripted import DEADLINE, Coordinator, coordinator, joined, texts
from worker_client.app import WorkerApp
from worker_client.outbox import SeatStore
from worker_client.screen_bot import ScreenBot
from worker_client.session import Session

TASK = TaskAssigned("a1", texts("meow", "woof", "purr"), 1800.0)
WAIT = Wait("available", 60_000, 123_400)


class Terminal:
    """The app on a screen of 80x24 cells, and what can be read on it."""

    def __init__(self, app: WorkerApp, pilot: Pilot[None], server: Coordinator) -> None:
        self.app = app
        self.server = server
        self._pilot = pilot

    @property
    def session(self) -> Session:
        """The worker's session."""
        return self.app.session

    async def press(self, *keys: str) -> None:
        """Press these keys, and let them take effect."""
        await self._pilot.press(*keys)
        await self._pilot.pause()

    def press_at_once(self, *keys: str) -> None:
        """Press these keys while the screen has no time for any of them."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))

    async def click(self, selector: str, x: int, y: int) -> None:
        """Click into a widget, counted from its upper left corner."""
        await self._pilot.click(selector, offset=(x, y))
        await self._pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        """Change the terminal's size."""
        await self._pilot.resize_terminal(width, height)
        await self._pilot.pause()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        for _ in range(int(DEADLINE / 0.01)):
            if condition():
                await self._pilot.pause()
                return
            assert self.app.is_running, "the app has ended"
            await self._pilot.pause(0.01)
        raise AssertionError(f"still not true; the screen says\n{self.text}")

    async def reads(self, *words: str) -> None:
        """Wait until all of this is on the screen."""
        await self.until(lambda: all(word in self.text for word in words))

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, row by row."""
        screen = self.app.screen
        strips = screen._compositor.render_strips()  # the only place where the picture exists
        return ["".join(segment.text for segment in strip) for strip in strips]

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self.lines)

    async def work(self, task: TaskAssigned = TASK, **changes: object) -> None:
        """Take a seat and be given a task."""
        await self.server.seat(joined(begun=True, **changes))
        await self.server.say(WAIT, task)
        await self.reads(f"Record 1 of {len(task.records)}")


@asynccontextmanager
async def terminal(
    store: SeatStore,
    *,
    review: bool = True,
    size: tuple[int, int] = (80, 24),
    bot: ScreenBot | None = None,
    quiet: float = 0.0,
) -> AsyncIterator[Terminal]:
    """A terminal that is about to join a scripted coordinator."""
    async with coordinator() as server:
        app = WorkerApp(store, server.join, review=review, bot=bot, quiet=quiet)
        async with app.run_test(size=size) as pilot:
            yield Terminal(app, pilot, server)
