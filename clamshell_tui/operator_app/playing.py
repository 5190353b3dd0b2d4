"""The keys that move through time."""

from abc import abstractmethod
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from clamshell_tui.operator_app.orders import Ask
from clamshell_tui.operator_app.overlays import AskScreen
from clamshell_tui.operator_app.player_bar import PlayerBar
from clamshell_tui.operator_app.typed_time import time_typed
from clamshell_tui.patient_app import PatientApp
from clamshell_tui.replica import Player
from clamshell_tui.replica.history import Moment

_SKIP = 5.0  # seconds of the wall
_PARTS = 50  # of the run, that a skip is at least


class PlayingApp(PatientApp):
    """An app with a player; what it shows is drawn by :meth:`redraw`."""

    PLAYING: ClassVar[list[BindingType]] = [
        Binding("space", "play", "Play/pause", id="play"),
        Binding("left_square_bracket", "faster(-1)", "Slower", show=False, id="play.slower"),
        Binding("right_square_bracket", "faster(1)", "Faster", show=False, id="play.faster"),
        Binding("comma", "skip(-1)", "Back", show=False, id="play.back"),
        Binding("full_stop", "skip(1)", "On", show=False, id="play.on"),
        *[
            Binding(key, f"step('{moment}', {back})", f"{word} {moment}", show=False)
            for moment in (Moment.EVICTION, Moment.DUPLICATE, Moment.BATCH)
            for key, back, word in (
                (moment[0], False, "Next"),
                (moment[0].upper(), True, "Last"),
            )
        ],
        Binding("0", "beginning", "Beginning", show=False, id="play.beginning"),
        Binding("9", "follow", "Now", show=False, id="play.now"),
        Binding("g", "go_to", "Go to a time", show=False, id="play.go_to"),
    ]

    player: Player

    @abstractmethod  # mypy sees to it: Textual's metaclass rules out ABC
    def redraw(self) -> None:
        """Draw the moment that the player is at."""

    @abstractmethod
    def tell(self, text: str, *, bad: bool = False) -> None:
        """Something that is seen for a while."""

    def on_player_bar_seek(self, message: PlayerBar.Seek) -> None:
        """By mouse."""
        self.player.seek(message.at)
        self.redraw()

    def action_play(self) -> None:
        """Play, or stand still."""
        self.player.play_or_pause()
        self.redraw()

    def action_faster(self, steps: int) -> None:
        """Change how fast a replay goes."""
        self.player.faster(steps)
        self.redraw()

    def action_skip(self, way: int) -> None:
        """A few seconds of the wall back or on, in a long run more."""
        self.player.skip(way * max(_SKIP * self.player.speed, self.player.end / _PARTS))
        self.redraw()

    def action_step(self, moment: str, back: bool = False) -> None:
        """To the next, or the last, of its kind."""
        if not self.player.step(Moment(moment), back=back):
            self.tell(f"no {'earlier' if back else 'later'} {moment}", bad=True)
        self.redraw()

    def action_beginning(self) -> None:
        """To the start of the run."""
        self.player.seek(0.0)
        self.redraw()

    def action_follow(self) -> None:
        """To the end, and stay there."""
        self.player.follow()
        self.redraw()

    @work
    async def action_go_to(self) -> None:
        """To a time that is typed."""
        hint = "seconds since the run began, or 12:30, or 50%"
        answer = await self.push_screen_wait(AskScreen(Ask("Go to", hint)))
        if answer is None:
            return
        try:
            self.player.seek(time_typed(answer, self.player.end))
        except ValueError as error:
            self.tell(str(error), bad=True)
        self.redraw()
