"""The steps of a scale, or the options of a choice, with their keys; one of them is marked."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from clamshell_tui.text import show
from clamshell_tui.wire.study_messages import QuestionPart

KEYS = "1234567890abcdefghjklnopqrstuvwxyz"
"""Of steps and options, in order; ``i`` and ``m`` show the instructions and the messages."""
_CHOSEN = "\u25cf"
_OPEN = "\u25cb"


def index_by_key(question: QuestionPart) -> dict[str, int]:
    """Return the value that each key stands for: a step from 1, or an option from 0."""
    first = 1 if question.kind == "likert" else 0
    return {key: first + place for place, key in enumerate(KEYS[: size_of(question)])}


def size_of(question: QuestionPart) -> int:
    """Return how many steps or options there are; 0 for other questions."""
    match question.kind:
        case "likert":
            return question.steps
        case "choice":
            return len(question.options)
        case _:
            return 0


def scale(question: QuestionPart, marked: int | None) -> Content:
    """Draw the steps of a scale in one row, with the meanings of its ends below."""
    cells = []
    for place in range(question.steps):
        key, step = KEYS[place], place + 1
        name = str(step) if key == str(step) else f"{step} ({key})"
        style = "bold reverse" if step == marked else "bold $text-primary on $panel"
        cells += [Content.styled(f" {name} ", style), Content("  ")]
    row = Content("").join(cells)
    width = row.cell_length - 2
    low, high = show(question.low, width // 2 - 1), show(question.high, width // 2 - 1)
    gap = " " * max(1, width - cell_len(low) - cell_len(high))
    ends = Content.styled(f"{low}{gap}{high}", "$text-muted")
    return Content("\n").join([row, ends]) if low or high else row


def options(names: Sequence[str], marked: int | None, width: int) -> Content:
    """Draw the options one below the other; those beyond the keys are marked by arrows."""
    rows = []
    for place, name in enumerate(names):
        key = KEYS[place] if place < len(KEYS) else " "
        chosen = place == marked
        rows.append(
            Content.assemble(
                (f" {key} ", "bold $text-primary on $panel"),
                (f" {_CHOSEN if chosen else _OPEN} ", "bold $text-success" if chosen else ""),
                (show(name, max(8, width - 8)), "bold" if chosen else ""),
            )
        )
    return Content("\n").join(rows)
