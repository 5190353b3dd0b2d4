"""The current batch as a strip: one cell for each task, with its state, kind and age."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from clamshell_tui.core.crowd_platform.task import Task
from clamshell_tui.operator_app.pages.signs import Signs, signs_of
from clamshell_tui.operator_app.spans import width_of
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.drawn import Drawn
from clamshell_tui.operator_app.widgets.fitting import Span, centred, fit, strip_of
from clamshell_tui.operator_app.widgets.palette import Palette
from clamshell_tui.replica.frame import TaskCard

WAITING, WORKING, DUPLICATED, DONE, DROPPED = "waiting", "working", "duplicated", "done", "dropped"
_INKS = {
    DONE: "green on green/12",
    DUPLICATED: "orange bold on orange/28",
    WORKING: "sky bold on sky/20",
    WAITING: "muted on text/8",
    DROPPED: "vermilion bold on vermilion/20",
}
_WIDEST, _WIDE = 17, 11  # cells of a task at most and if possible, with the gap after it
_WITH_AGE = 7  # cells without the gap, in which more than two signs fit
_ENDS = {"complete": DONE, "set-aside": DROPPED, "cancelled": DROPPED}


@dataclass(frozen=True, slots=True)
class TaskCell:
    """One task; ``age`` in whole seconds since it was first given out, or how long it took."""

    state: str
    active: bool
    live: int = 0
    age: int | None = None


class TaskStrip(Drawn):
    """As many lines of tasks as there is room for, and a line that explains them."""

    DEFAULT_CSS = "TaskStrip { width: 1fr; height: 3; }"

    _cells: tuple[TaskCell, ...] = ()
    _empty = ""

    def update(self, cells: Sequence[TaskCell], empty: str = "") -> None:
        """Show these tasks; ``empty`` stands where there are none."""
        if (tuple(cells), empty) != (self._cells, self._empty):
            self._cells, self._empty = tuple(cells), empty
            self.redraw()

    def lines_wanted(self, most: int) -> int:
        """How many lines the tasks and their legend take here, if there are ``most`` for tasks."""
        width = max(1, self.size.width)  # none yet, on a page that was hidden until now
        _, across = _columns(len(self._cells), width, most)
        return 1 + min(most, max(1, -(-len(self._cells) // across)))

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        """Cells as wide as lets all of them be seen."""
        if not self._cells:
            return centred([self._empty], width, height, palette)
        rows = max(1, height - 1)
        wide, across = _columns(len(self._cells), width, rows)
        lines = [self._cells[n : n + across] for n in range(0, len(self._cells), across)]
        strips = [strip_of(self._line(line, wide), width, palette) for line in lines[:rows]]
        unseen = max(0, len(self._cells) - rows * across)
        return [*strips, strip_of(self._legend(unseen, width), width, palette)]

    def _line(self, cells: Sequence[TaskCell], wide: int) -> list[Span]:
        signs = signs_of(self.glyphs)
        gap = 1 if wide > 2 else 0
        spans: list[Span] = []
        for cell in cells:
            text = fit(_text(cell, wide - gap, signs), wide - gap)
            spans += [(text, _INKS[cell.state]), (" " * gap, "text")]
        return spans

    def _legend(self, unseen: int, width: int) -> list[Span]:
        signs = signs_of(self.glyphs)
        counts = Counter(cell.state for cell in self._cells)
        spans: list[Span] = []
        for state in (DONE, DUPLICATED, WORKING, WAITING, DROPPED):
            if counts[state]:
                spans += [(f" {_sign(state, signs)} ", _INKS[state]), (" ", "text")]
                spans += [(str(counts[state]), "text bold"), (f" {state}   ", "muted")]
        kinds: list[Span] = [
            (signs.active, "text bold"),
            (" active  ", "muted"),
            (signs.passive, "text bold"),
            (" random", "muted"),
        ]
        if unseen:
            kinds.append((f"  {unseen} more", "muted italic"))
        gap = width - width_of([*spans, *kinds])
        return [*spans, (" " * gap, "text"), *kinds] if gap >= 0 else spans


def _columns(cells: int, width: int, most: int) -> tuple[int, int]:
    """Cells of the screen for a task, and tasks in a line: few lines if that leaves them wide."""
    wide = 0
    for rows in range(1, most + 1):
        across = max(1, -(-cells // rows))
        wide = min(_WIDEST, (width + 1) // across)
        if wide >= _WIDE:
            return wide, across
    wide = max(2, wide)
    return wide, (width + 1) // wide


def task_cells(view: View) -> tuple[TaskCell, ...]:
    """Of the open batch; between batches, of the one that ended last."""
    tasks = view.source.replica.engine.state.tasks
    if view.frame.tasks:
        return tuple([_cell(card, tasks[card.task]) for card in view.frame.tasks])
    notes = view.history.batches_until(view.at)
    if not notes:
        return ()
    return tuple([_ended(task) for task in notes[-1].batch.tasks])


def _ended(task: Task) -> TaskCell:
    took = None
    if task.started is not None and task.ended is not None:
        took = int(task.ended - task.started)
    return TaskCell(_ENDS.get(str(task.state), DONE), bool(task.active), age=took)


def _cell(card: TaskCard, task: Task) -> TaskCell:
    if card.state in _ENDS:
        return _ended(task)
    if not card.live:
        return TaskCell(WAITING, card.active)
    state = DUPLICATED if card.live > card.missing else WORKING
    return TaskCell(state, card.active, card.live, int(card.age))


def _sign(state: str, signs: Signs) -> str:
    return {
        DONE: signs.right,
        DUPLICATED: signs.times,
        WORKING: signs.working,
        WAITING: signs.waits,
        DROPPED: signs.wrong,
    }[state]


def _text(cell: TaskCell, width: int, signs: Signs) -> str:
    """Kind, state, age and how many work on it, as far as there is room."""
    kind = signs.active if cell.active else signs.passive
    sign, age = _sign(cell.state, signs), _age(cell.age)
    if width < _WITH_AGE:
        return f"{kind}{sign}"
    if cell.state == DUPLICATED:
        sign = f"{sign}{cell.live}"
    text = f" {kind} {sign:<2} {age}"
    return text if len(text) <= width else f"{kind}{sign:<2}{age}"


def _age(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds}s" if seconds < 1000 else f"{seconds // 60}m"
