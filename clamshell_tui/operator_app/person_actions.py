"""The operator's actions on the participants of a study: key, texts, prompts, confirmation, order.

Orders about several participants are one message; each is carried out for those it is possible for.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from clamshell_tui.formats import coins
from clamshell_tui.operator_app.actions import Prompt, words_of
from clamshell_tui.operator_app.pages.people_rows import INVITED
from clamshell_tui.study.start_time import time_of_day
from clamshell_tui.wire.operator_messages import Order
from clamshell_tui.wire.study_messages import People, PersonOrder, PersonRow, StartAt, StartNow

_MICROS = 1_000_000
_MOST = 100_000  # in the currency of the study: more is a slip of the key

StudyOrder = PersonOrder | StartNow | StartAt | Order
Rows = Sequence[PersonRow]
Lines = Sequence[str]
"""Lines typed at the prompts, in their order."""


@dataclass(frozen=True, slots=True)
class PersonAction:
    """One entry of the menu.

    ``asks`` are the prompts, in order; ``who`` names the participants in a sentence. ``order``
    raises ValueError for a line that is invalid. ``confirm`` describes the cost; nothing is asked
    if it is empty.
    """

    key: str
    name: str
    title: str
    order: Callable[[People, Rows, Lines], StudyOrder]
    of_people: bool = True
    asks: tuple[Callable[[People, str], Prompt], ...] = ()
    checks: tuple[Callable[[str], object], ...] = ()  # of the lines; ValueError says what is wrong
    confirm: Callable[[People, Rows, str], str] | None = None


def micros_of(line: str) -> int:
    """Parse an amount of money, such as 2, 2.50 or 2,50; ValueError if it is none."""
    text = line.strip().replace(",", ".")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f'"{line.strip()}" is not an amount. Write 2 or 2.50') from None
    micros = amount * _MICROS if amount.is_finite() else Decimal(0)
    if not 0 < micros <= _MOST * _MICROS or micros != micros.to_integral_value():
        raise ValueError(f"an amount is more than 0 and at most {_MOST:,}: nothing is deducted")
    return int(micros)


def _labels(rows: Rows) -> tuple[str, ...]:
    return tuple([row.participant for row in rows])


def _plain(
    order: Literal["pause", "resume", "readmit", "reissue", "paid"],
) -> Callable[[People, Rows, Lines], PersonOrder]:
    return lambda _people, rows, _lines: PersonOrder(order, _labels(rows))


def _with_text(
    order: Literal["message", "end"],
) -> Callable[[People, Rows, Lines], PersonOrder]:
    return lambda _people, rows, lines: PersonOrder(order, _labels(rows), words_of(lines[0]))


def _with_amount(
    order: Literal["bonus", "correction"],
) -> Callable[[People, Rows, Lines], PersonOrder]:
    return lambda _people, rows, lines: PersonOrder(
        order, _labels(rows), words_of(lines[1]), micros_of(lines[0])
    )


def _amount(what: str) -> Callable[[People, str], Prompt]:
    return lambda people, who: Prompt(
        f"{what} for {who}, in {people.currency}", "an amount, such as 2.50; each gets it"
    )


def _reason(what: str, hint: str) -> Callable[[People, str], Prompt]:
    return lambda _people, who: Prompt(f"{what} {who}: why?", hint)


_ON_RECEIPT = "stands on the receipt and in the journal"


def _confirm_end(_people: People, rows: Rows, who: str) -> str:
    at_work = sum(row.stage == "work" for row in rows)
    tasks = "A task in hand may be finished. " if at_work else ""
    return (
        f"{who} see{'s' * (len(rows) == 1)} the debrief next. {tasks}Everything earned is paid. "
        "Who was ended by mistake can be readmitted."
    )


def _confirm_reissue(_people: People, _rows: Rows, who: str) -> str:
    return (
        f"The code that {who} came with is no longer valid, and a client that has the seat loses "
        "it until it shows the new one. The place in the study and the pay stay."
    )


def _confirm_paid(people: People, rows: Rows, _who: str) -> str:
    due = [row for row in rows if not row.paid]
    total = coins(sum(row.micros for row in due), people.currency)
    again = "" if len(due) == len(rows) else f" {len(rows) - len(due)} of them were paid before."
    return (
        f"{total} in all is recorded as handed over. The study must be over for them, and a "
        f"payment cannot be taken back.{again}"
    )


def _gate(people: People) -> int:
    if people.gate is None:
        raise ValueError("the study has no gate that is closed")
    return people.gate


def _ask_start(people: People, _who: str) -> Prompt:
    hint = "HH:MM, such as 9:30 or 14:05"
    if people.starts:
        enough = people.waiting >= people.needed
        hint = f"HH:MM; empty: {'now, as' if enough else 'once'} {people.needed} are here"
    return Prompt("Open the gate at", hint, people.starts)


def _time_or_nothing(line: str) -> None:
    if line.strip():
        time_of_day(line)


def _start_at(people: People, _rows: Rows, lines: Lines) -> StartAt:
    at = lines[0].strip()
    if not (at or people.starts):
        raise ValueError("no time was set that could be taken back")
    return StartAt(_gate(people), at)


def _confirm_start(people: People, _rows: Rows, _who: str) -> str:
    if people.waiting >= people.needed:
        return ""
    return (
        f"{people.waiting} of {people.needed} are here. They go on now; those who come later find "
        "the gate open."
    )


def confirm_stop(people: People, _rows: Rows = (), _who: str = "") -> str:
    """Return what the end of the study does to whom."""
    counts = Counter(row.stage for row in people.rows)
    there = {stage: counts[stage] for stage in people.stages if counts[stage]}
    told = "Nobody is under way."
    if there:
        stages = ", ".join([f"{number} at {stage}" for stage, number in there.items()])
        told = f"Under way: {stages}. Who has consented sees the debrief next."
    tasks = " A task in hand may be finished." if "work" in there else ""
    invited = counts[INVITED]
    later = f" The {invited} not here yet can no longer take part." if invited else ""
    return (
        f"{told}{tasks} Everything earned is paid.{later} Nobody can be readmitted: this cannot "
        "be undone."
    )


PERSON_ACTIONS: tuple[PersonAction, ...] = (
    PersonAction(
        "g",
        "start-now",
        "Start now: open the gate for those who are here ...",
        lambda people, _rows, _lines: StartNow(_gate(people)),
        of_people=False,
        confirm=_confirm_start,
    ),
    PersonAction(
        "t",
        "start-at",
        "Start at a time: open the gate then, not for enough people ...",
        _start_at,
        of_people=False,
        asks=(_ask_start,),
        checks=(_time_or_nothing,),
    ),
    PersonAction(
        "m",
        "message",
        "Message a participant ...",
        _with_text("message"),
        asks=(lambda _people, who: Prompt(f"Message to {who}", "who is away reads it later"),),
        checks=(words_of,),
    ),
    PersonAction(
        "p",
        "pause",
        "Pause a participant: no further task, waiting stays paid",
        _plain("pause"),
    ),
    PersonAction("r", "resume", "Let a participant go on after a pause", _plain("resume")),
    PersonAction(
        "b",
        "readmit",
        "Readmit a participant who dropped out or was ended",
        _plain("readmit"),
    ),
    PersonAction(
        "n",
        "reissue",
        "Give a participant a new code ...",
        _plain("reissue"),
        confirm=_confirm_reissue,
    ),
    PersonAction(
        "k",
        "end",
        "End the study of a participant ...",
        _with_text("end"),
        asks=(_reason("End the study of", "goes into the journal"),),
        checks=(words_of,),
        confirm=_confirm_end,
    ),
    PersonAction(
        "S",
        "stop",
        "End the study for all ...",
        lambda _people, _rows, _lines: Order("stop", key="study"),
        of_people=False,
        confirm=confirm_stop,
    ),
    PersonAction(
        "+",
        "bonus",
        "Bonus for a participant ...",
        _with_amount("bonus"),
        asks=(_amount("Bonus"), _reason("Bonus for", _ON_RECEIPT)),
        checks=(micros_of, words_of),
    ),
    PersonAction(
        "c",
        "correction",
        "Correct the pay of a participant ...",
        _with_amount("correction"),
        asks=(_amount("Correction"), _reason("Correction for", _ON_RECEIPT)),
        checks=(micros_of, words_of),
    ),
    PersonAction(
        "$",
        "paid",
        "Record that a participant was paid ...",
        _plain("paid"),
        confirm=_confirm_paid,
    ),
)
"""In the order in which the menu lists them."""
