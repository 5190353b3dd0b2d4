"""The keys and the bar that move through the time of a run."""

from abc import abstractmethod
from itertools import groupby
from typing import ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from clamshell_tui.formats import duration
from clamshell_tui.operator_app.actions import Prompt
from clamshell_tui.operator_app.dialogs import PromptDialog, time_typed
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.line_widget import LineWidget
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, strip_of, width_of
from clamshell_tui.run.log import EventKind
from clamshell_tui.run.playback import Playback
from clamshell_tui.terminal.app import TerminalApp

_PLAYED, _AHEAD, _EVICTION, _HEAD = "\u2501", "\u2500", "\u2573", "\u25cf"
_PLAYING, _STANDING = "\u25b6", "\u2016"


class PlayerBar(LineWidget):
    """Progress bar of the run, with its evictions marked. A click seeks."""

    class Seek(Message):
        """Request to show the run at ``at``."""

        def __init__(self, at: float) -> None:
            super().__init__()
            self.at = at

    _shown: tuple[object, ...] = ()
    _ends: tuple[Span, Span] = (("", "text"), ("", "text"))
    _at = _end = 0.0
    _marks: tuple[float, ...] = ()

    def show(self, view: View) -> None:
        player = view.player
        state = _PLAYING if player.playing else _STANDING
        if player.following and player.live:
            state = f"{_PLAYING} live"
        speed = "" if player.following else f" x{player.speed:g}"
        left = f" {state}{speed} {duration(view.at)} "
        # The present is also the end: a second clock would cost a repainted line a second.
        right = " " if player.following and player.live else f" {duration(player.end)} "
        evictions = view.history.events_until(EventKind.EVICTION, player.end)
        shown = left, right, evictions, round(view.at / max(player.end, 1e-9) * 400)
        if shown != self._shown:
            self._shown = shown
            self._ends = (left, "accent bold"), (right, "muted")
            self._at, self._end = view.at, player.end
            self._marks = tuple([eviction.at for eviction in view.history.evictions])
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        left, right = self._ends
        room = max(1, width - width_of([left]) - width_of([right]))
        head = self._cell(self._at, room)
        marks = {self._cell(at, room) for at in self._marks}
        played = _PLAYED if self.glyphs.braille else "="
        signs: list[Span] = []
        for cell in range(room):
            ink = "accent" if cell < head else "faint"
            sign = played if cell < head else _AHEAD
            if cell in marks:
                sign, ink = _EVICTION, "warning"
            if cell == head:
                sign, ink = _HEAD, "accent bold"
            signs.append((sign, ink))
        bar = [("".join(sign for sign, _ in run), ink) for ink, run in groupby(signs, _ink)]
        return [strip_of([left, *bar, right], width, palette)]

    def on_click(self, event: events.Click) -> None:
        left, right = self._ends
        room = max(1, self.size.width - width_of([left]) - width_of([right]))
        share = (event.x - width_of([left])) / max(1, room - 1)
        self.post_message(self.Seek(min(1.0, max(0.0, share)) * self._end))

    def _cell(self, at: float, room: int) -> int:
        return min(room - 1, int(at / max(self._end, 1e-9) * (room - 1)))


def _ink(span: Span) -> str:
    return span[1]


_SKIP = 5.0  # seconds of the wall
_PARTS = 50  # of the run, that a skip is at least


class PlayingApp(TerminalApp):
    """Base class with the keys of a :class:`Playback`."""

    PLAYING: ClassVar[list[BindingType]] = [
        Binding("space", "play", "Play", id="play"),
        Binding("left_square_bracket", "faster(-1)", "Slower", show=False, id="play.slower"),
        Binding("comma", "skip(-1)", "Back", show=False, id="play.back"),
        Binding("full_stop", "skip(1)", "On", show=False, id="play.on"),
        Binding("0", "beginning", "Beginning", show=False, id="play.beginning"),
        Binding("9", "follow", "Now", show=False, id="play.now"),
    ]
    JUMPS: ClassVar[list[BindingType]] = [  # last in the footer: a narrow terminal leaves them out
        Binding("g", "go_to", "Go to", id="play.go_to"),
        Binding("right_square_bracket", "faster(1)", "Speed", key_display="[ ]", id="play.faster"),
        Binding(
            "e",
            f"step('{EventKind.EVICTION}', False)",
            "Next",
            key_display="e d b",
            id="next.eviction",
        ),
        Binding(
            "d",
            f"step('{EventKind.DUPLICATE}', False)",
            "Next duplicate",
            show=False,
            id="next.duplicate",
        ),
        Binding(
            "b", f"step('{EventKind.BATCH}', False)", "Next batch", show=False, id="next.batch"
        ),
        *[
            Binding(
                moment[0].upper(),
                f"step('{moment}', True)",
                f"Last {moment}",
                show=False,
                id=f"last.{moment}",
            )
            for moment in (EventKind.EVICTION, EventKind.DUPLICATE, EventKind.BATCH)
        ],
    ]

    player: Playback

    @abstractmethod  # checked by mypy: Textual's metaclass rules out ABC
    def redraw(self) -> None:
        """Draw the current moment of the player."""

    @abstractmethod
    def announce(self, text: str, *, bad: bool = False) -> None:
        """Show a notification."""

    def on_player_bar_seek(self, message: PlayerBar.Seek) -> None:
        self.player.seek(message.at)
        self.redraw()

    def action_play(self) -> None:
        self.player.play_or_pause()
        self.redraw()

    def action_faster(self, steps: int) -> None:
        self.player.faster(steps)
        self.redraw()

    def action_skip(self, way: int) -> None:
        self.player.skip(way * max(_SKIP * self.player.speed, self.player.end / _PARTS))
        self.redraw()

    def action_step(self, moment: str, back: bool = False) -> None:
        if not self.player.step(EventKind(moment), back=back):
            self.announce(f"no {'earlier' if back else 'later'} {moment}", bad=True)
        self.redraw()

    def action_beginning(self) -> None:
        self.player.seek(0.0)
        self.redraw()

    def action_follow(self) -> None:
        self.player.follow()
        self.redraw()

    @work
    async def action_go_to(self) -> None:
        hint = "seconds since the run began, or 12:30, or 50%"
        answer = await self.push_screen_wait(PromptDialog(Prompt("Go to", hint)))
        if answer is None:
            return
        try:
            self.player.seek(time_typed(answer, self.player.end))
        except ValueError as error:
            self.announce(str(error), bad=True)
        self.redraw()
