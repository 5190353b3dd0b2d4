"""The line of time: where in the run we are, and where things happened."""

from textual import events
from textual.message import Message
from textual.strip import Strip

from clamshell_tui.formats import duration
from clamshell_tui.operator_app.spans import width_of
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, strip_of
from clamshell_tui.operator_app.widgets.palette import Palette
from clamshell_tui.replica.history import Moment

_PLAYED, _AHEAD, _EVICTION, _HEAD = "\u2501", "\u2500", "\u2573", "\u25cf"
_PLAYING, _STANDING = "\u25b6", "\u2016"


class PlayerBar(Drawn):
    """Click to go there. Evictions are marked; at the end of a live run it only says so."""

    class Seek(Message):
        """Somebody clicked at a time."""

        def __init__(self, at: float) -> None:
            super().__init__()
            self.at = at

    _shown: tuple[object, ...] = ()
    _ends: tuple[Span, Span] = (("", "text"), ("", "text"))
    _at = _end = 0.0
    _marks: tuple[float, ...] = ()

    def show(self, view: View) -> None:
        """Draw the time."""
        player = view.player
        state = _PLAYING if player.playing else _STANDING
        if player.following and player.live:
            state = f"{_PLAYING} live"
        speed = "" if player.following else f" x{player.speed:g}"
        left = f" {state}{speed} {duration(view.at)} "
        right = f" {duration(player.end)} "
        evictions = view.history.moments_until(Moment.EVICTION, player.end)
        shown = left, right, evictions, round(view.at / max(player.end, 1e-9) * 400)
        if shown != self._shown:
            self._shown = shown
            self._ends = (left, "accent bold"), (right, "muted")
            self._at, self._end = view.at, player.end
            self._marks = tuple([eviction.at for eviction in view.history.evictions])
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """Time from left to right."""
        left, right = self._ends
        room = max(1, width - width_of([left]) - width_of([right]))
        head = self._cell(self._at, room)
        marks = {self._cell(at, room) for at in self._marks}
        spans: list[Span] = [left]
        for cell in range(room):
            ink = "accent" if cell < head else "faint"
            sign = _PLAYED if cell < head else _AHEAD
            if cell in marks:
                sign, ink = _EVICTION, "warning"
            if cell == head:
                sign, ink = _HEAD, "accent bold"
            spans.append((sign, ink))
        return [strip_of([*spans, right], width, palette)]

    def on_click(self, event: events.Click) -> None:
        """To the time under the mouse."""
        left, right = self._ends
        room = max(1, self.size.width - width_of([left]) - width_of([right]))
        share = (event.x - width_of([left])) / max(1, room - 1)
        self.post_message(self.Seek(min(1.0, max(0.0, share)) * self._end))

    def _cell(self, at: float, room: int) -> int:
        return min(room - 1, int(at / max(self._end, 1e-9) * (room - 1)))
