"""Pictures of a still terminal, compared with those kept beside the tests."""

from collections.abc import Awaitable, Callable
from importlib.metadata import version

import pytest
from textual.pilot import Pilot

from tests.worker_client.still import StillApp
from worker_client.outbox import SeatStore

TAKEN_WITH = "8.2"  # another Textual draws other frames and other cursors
same_textual = pytest.mark.skipif(
    version("textual").rpartition(".")[0] != TAKEN_WITH,
    reason=f"the pictures were taken with Textual {TAKEN_WITH}",
)

DARK, LIGHT = "15;0", "0;15"
SMALL, LARGE = (80, 24), (160, 48)
Story = Callable[[Pilot[None], StillApp], Awaitable[None]]
Looks = Callable[..., None]


@pytest.fixture
def looks(
    snap_compare: Callable[..., bool], store: SeatStore, monkeypatch: pytest.MonkeyPatch
) -> Looks:
    """Play a story on a still terminal, and compare what is on it at the end."""
    monkeypatch.delenv("NO_COLOR", raising=False)

    def compare(
        story: Story, *, colours: str = DARK, size: tuple[int, int] = SMALL, plain: str = ""
    ) -> None:
        monkeypatch.setenv("COLORFGBG", colours)
        app = StillApp(store, plain=plain)

        async def play(pilot: Pilot[None]) -> None:
            await pilot.pause()
            await story(pilot, app)
            for _ in range(2):  # what was drawn before its size was known is drawn again
                await pilot.pause()
                app.redraw()

        try:
            same = snap_compare(app, run_before=play, terminal_size=size)
        except AssertionError as error:
            raise app.crash or error from None
        assert same, "it looks different: see snapshot_report.html"

    return compare
