"""What an operator can do to a run: each with its key, its words, and what it costs whom."""

from collections.abc import Callable
from dataclasses import dataclass

from clamshell_tui.protocol.operator_messages import Order
from clamshell_tui.replica import Frame


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that is to be answered with a line; ``given`` is what stands there at first."""

    title: str
    hint: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """``ask`` says what must be known first, ``confirm`` why one should think again.

    ``order`` makes the order from the worker concerned and the line given; ValueError says what is
    wrong with the line. ``of_worker``: it is about the worker chosen on the page of the pool.
    """

    key: str
    name: str
    title: str
    order: Callable[[str, str], Order]
    of_worker: bool = False
    ask: Callable[[Frame, str], Ask] | None = None
    confirm: Callable[[Frame, str], str] | None = None


def _pause(_worker: str, _line: str) -> Order:
    return Order("pause")


def _setting(key: str) -> Callable[[str, str], Order]:
    def order(_worker: str, line: str) -> Order:
        return Order("set", key=key, value=value_of(line))

    return order


def value_of(line: str) -> int | float | bool | str:
    """What somebody typed, as TOML would read it; words are texts."""
    text = line.strip()
    if not text:
        raise ValueError("type a value, or press Escape")
    words = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
    if text.lower() in words:
        return words[text.lower()]
    for number in (int, float):
        try:
            return number(text) if text.lower() not in ("inf", "nan") else text.lower()
        except ValueError:
            continue
    return text


def _ask_setting(key: str, title: str, hint: str) -> Callable[[Frame, str], Ask]:
    def ask(frame: Frame, _worker: str) -> Ask:
        return Ask(title, hint, _told(frame.setting[key]))

    return ask


def _told(value: int | float | bool | str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _settable(key: str, letter: str, name: str, title: str, hint: str) -> Action:
    return Action(letter, name, title, _setting(key), ask=_ask_setting(key, title, hint))


def _confirm_stop(frame: Frame, _worker: str) -> str:
    return (
        f"The {frame.run.seated - frame.run.idle} tasks in hand are finished and paid, nothing new "
        "is started, and everybody is released. This cannot be undone."
    )


def _confirm_dismissal(frame: Frame, worker: str) -> str:
    card = next((card for card in frame.workers if card.worker == worker), None)
    done = "" if card is None else f" after {card.completed} tasks"
    return (
        f"{worker} loses the seat{done}. A task in hand may be finished, and everything earned is "
        "paid. This cannot be undone."
    )


ACTIONS: tuple[Action, ...] = (
    Action("p", "pause", "Pause: nothing new is assigned, waiting stays paid", _pause),
    Action("r", "resume", "Resume", lambda _worker, _line: Order("resume")),
    Action(
        "S",
        "stop",
        "Drain and stop the run ...",
        lambda _worker, _line: Order("stop"),
        confirm=_confirm_stop,
    ),
    Action(
        "k",
        "dismiss",
        "Dismiss a worker ...",
        lambda worker, _line: Order("dismiss", worker=worker),
        of_worker=True,
        confirm=_confirm_dismissal,
    ),
    Action(
        "m",
        "message",
        "Message a worker ...",
        lambda worker, line: Order("message", worker=worker, text=_words(line)),
        of_worker=True,
        ask=lambda _frame, worker: Ask(f"Message to {worker}", "is shown on the worker's screen"),
    ),
    Action(
        "M",
        "message-all",
        "Message everybody ...",
        lambda _worker, line: Order("message", text=_words(line)),
        ask=lambda _frame, _worker: Ask("Message to everybody", "is shown on all workers' screens"),
    ),
    Action(
        "c",
        "issue-code",
        "Issue a join code for a person",
        lambda _worker, _line: Order("issue-code", key="seat"),
    ),
    Action(
        "C",
        "issue-bot-code",
        "Issue a join code for a bot",
        lambda _worker, _line: Order("issue-code", key="bot"),
    ),
    Action(
        "R",
        "revoke-code",
        "Revoke a join code ...",
        lambda _worker, line: Order("revoke-code", text=_words(line)),
        ask=lambda _frame, _worker: Ask("Revoke a join code", "the code, as it was printed"),
    ),
    _settable(
        "maintenance.threshold",
        "t",
        "threshold",
        "Eviction threshold PM_l ...",
        "seconds per label; auto, or inf for no evictions",
    ),
    _settable(
        "straggler_mitigation.enabled",
        "u",
        "mitigation",
        "Straggler mitigation ...",
        "on: idle workers duplicate slow tasks; off: a batch waits for its slowest worker",
    ),
    _settable(
        "straggler_mitigation.max_duplicates",
        "x",
        "duplicates",
        "Most duplicates of one task ...",
        "extra live copies of one task",
    ),
    _settable("pool.size", "z", "pool-size", "Pool size Np ...", "slots; more are recruited"),
    _settable(
        "pool.autoscale",
        "l",
        "by-load",
        "Pool sized by its load ...",
        "on: as many slots as the stream needs, Np at the most; off: always Np",
    ),
    _settable("tasks.votes", "v", "votes", "Votes per record ...", "answers that make a label"),
    _settable(
        "learning.active_fraction",
        "a",
        "active-share",
        "Active share r ...",
        "0 to 1: how much of a batch is selected by the model's uncertainty",
    ),
)
"""In the order in which the menu lists them."""


def _words(line: str) -> str:
    text = line.strip()
    if not text:
        raise ValueError("type something, or press Escape")
    return text
