"""The operator's actions: key, texts, prompt, confirmation and order of each."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from clamshell_tui.core.settings import in_words
from clamshell_tui.run.snapshot import Snapshot
from clamshell_tui.wire.operator_messages import Order


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt for one line of text; ``given`` is its initial value."""

    title: str
    hint: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """One entry of the menu.

    ``ask`` returns the prompt, ``order`` makes the order from the line that was typed (ValueError
    says why it is invalid), and ``confirm`` describes the cost, or is empty if nothing is lost. All
    are called with the current snapshot and the chosen worker. ``of_worker`` marks actions on the
    workers chosen on the Pool page, ``of_gone`` those on workers who have left, ``of_codes`` those
    that a study does not have, because its guest list says who may join.
    """

    key: str
    name: str
    title: str
    order: Callable[[Snapshot, str, str], Order]
    of_worker: bool = False
    of_gone: bool = False
    of_codes: bool = False
    ask: Callable[[Snapshot, str], Prompt] | None = None
    confirm: Callable[[Snapshot, str, Order], str] | None = None


def _plain(order: Order) -> Callable[[Snapshot, str, str], Order]:
    """Return ``order``, whatever the worker and the line."""
    return lambda _frame, _worker, _line: order


def _setting(key: str) -> Callable[[Snapshot, str, str], Order]:
    def order(_frame: Snapshot, _worker: str, line: str) -> Order:
        return Order("set", key=key, value=value_of(line))

    return order


def value_of(line: str) -> int | float | bool | str:
    """Parse a typed setting as TOML would; a bare word is a string."""
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


def _ask_setting(key: str, title: str, hint: str) -> Callable[[Snapshot, str], Prompt]:
    def ask(snapshot: Snapshot, _worker: str) -> Prompt:
        return Prompt(title, hint, in_words(snapshot.setting[key]))

    return ask


def _settable(
    key: str,
    letter: str,
    name: str,
    title: str,
    hint: str,
    confirm: Callable[[Snapshot, str, Order], str] | None = None,
) -> Action:
    ask = _ask_setting(key, title, hint)
    return Action(letter, name, title, _setting(key), ask=ask, confirm=confirm)


_MOST = "Most duplicates of one task ..."


def _duplicates_key(snapshot: Snapshot) -> str:
    """The setting in force: tasks with several votes have their own."""
    voted = snapshot.setting["tasks.votes"] != 1
    return f"straggler_mitigation.{'vote' if voted else 'max'}_duplicates"


def _ask_duplicates(snapshot: Snapshot, worker: str) -> Prompt:
    hint = "extra live copies of one task; a number, or unlimited"
    return _ask_setting(_duplicates_key(snapshot), _MOST, hint)(snapshot, worker)


def _set_duplicates(snapshot: Snapshot, worker: str, line: str) -> Order:
    return _setting(_duplicates_key(snapshot))(snapshot, worker, line)


def _confirm_threshold(snapshot: Snapshot, _worker: str, order: Order) -> str:
    now, wanted = snapshot.setting["maintenance.threshold"], order.value
    if isinstance(wanted, str):
        return ""
    most = inf if isinstance(now, str) else now
    seated = [card.censored or 0.0 for card in snapshot.workers if card.slot is not None]
    going = sum(wanted < seconds <= most for seconds in seated)
    if not going:
        return ""
    return (
        f"{going} of {len(seated)} workers seem to be slower than that, and may lose their slots "
        "one after the other. Everything earned is paid. An evicted worker does not return."
    )


def _confirm_size(snapshot: Snapshot, _worker: str, order: Order) -> str:
    size = order.value
    assert isinstance(size, int), "other types are refused earlier"
    going = sum(card.slot is not None and card.slot >= size for card in snapshot.workers)
    if not going:
        return ""
    whose = "1 worker loses the slot" if going == 1 else f"{going} workers lose their slots"
    return (
        f"{whose}. A task in hand is finished, and everything earned is paid. "
        "This cannot be undone: a larger pool finds others."
    )


def _confirm_start(snapshot: Snapshot, _worker: str, _order: Order) -> str:
    come, slots = snapshot.run.seated, snapshot.run.slots
    if snapshot.run.phase != "recruiting":
        return "The run has started: this changes nothing."
    if not come:
        return "Nobody has a slot yet: the first batch will be cut for the first one who has."
    return (
        f"{come} of {slots} slots {'is' if come == 1 else 'are'} filled. The first batch is "
        "cut for them; those who come later get their places and work as usual."
    )


def _confirm_by_load(snapshot: Snapshot, _worker: str, order: Order) -> str:
    if order.value is not True or snapshot.setting["pool.autoscale"]:
        return ""
    return (
        "Slots that were not needed for a while (pool.hold) are given up, and their workers "
        "leave: a task in hand is finished, and everything earned is paid."
    )


def _confirm_stop(snapshot: Snapshot, _worker: str, _order: Order) -> str:
    in_hand = snapshot.run.seated - snapshot.run.idle
    return (
        f"The {in_hand} tasks in hand are finished and paid, nothing new "
        "is started, and all workers are released. This cannot be undone."
    )


def _confirm_dismissal(snapshot: Snapshot, worker: str, order: Order) -> str:
    card = next((card for card in snapshot.workers if card.worker == order.worker), None)
    several = " " in worker
    done = "" if card is None or several else f" after {card.completed} tasks"
    loses = "lose their seats" if several else "loses the seat"
    return (
        f"{worker} {loses}{done}. A task in hand may be finished, and everything earned is "
        "paid. This cannot be undone."
    )


ACTIONS: tuple[Action, ...] = (
    Action(
        "p", "pause", "Pause: nothing new is assigned, waiting stays paid", _plain(Order("pause"))
    ),
    Action("r", "resume", "Resume", _plain(Order("resume"))),
    Action(
        "g",
        "start",
        "Start now, with those who have come ...",
        _plain(Order("set", key="pool.start_with", value=0.0)),
        confirm=_confirm_start,
    ),
    Action(
        "S",
        "stop",
        "Drain and stop the run ...",
        _plain(Order("stop")),
        confirm=_confirm_stop,
    ),
    Action(
        "k",
        "dismiss",
        "Dismiss a worker ...",
        lambda _frame, worker, _line: Order("dismiss", worker=worker),
        of_worker=True,
        confirm=_confirm_dismissal,
    ),
    Action(
        "m",
        "message",
        "Message a worker ...",
        lambda _frame, worker, line: Order("message", worker=worker, text=words_of(line)),
        of_worker=True,
        ask=lambda _frame, worker: Prompt(
            f"Message to {worker}", "is shown on the worker's screen"
        ),
    ),
    Action(
        "M",
        "message-all",
        "Message all workers ...",
        lambda _frame, _worker, line: Order("message", text=words_of(line)),
        ask=lambda _frame, _worker: Prompt(
            "Message to all workers", "is shown on all workers' screens"
        ),
    ),
    Action(
        "c",
        "issue-code",
        "Issue a join code for a person",
        _plain(Order("issue-code", key="seat")),
        of_codes=True,
    ),
    Action(
        "C",
        "issue-bot-code",
        "Issue a join code for a bot",
        _plain(Order("issue-code", key="bot")),
        of_codes=True,
    ),
    Action(
        "P",
        "issue-machine-code",
        "Issue a join code for a machine",
        _plain(Order("issue-code", key="machine")),
        of_codes=True,
    ),
    Action(
        "n",
        "reissue-code",
        "Reissue the code of a worker ...",
        lambda _frame, worker, _line: Order("reissue-code", worker=worker),
        of_worker=True,
        confirm=lambda _frame, worker, _order: (
            f"The code that {worker} has is no longer valid, and a client that has the seat loses "
            "it until it shows the new one. Tasks and pay stay."
        ),
    ),
    Action(
        "b",
        "readmit",
        "Readmit a worker whose session is over",
        lambda _frame, worker, _line: Order("readmit", worker=worker),
        of_worker=True,
        of_gone=True,
    ),
    Action(
        "R",
        "revoke-code",
        "Revoke a join code ...",
        lambda _frame, _worker, line: Order("revoke-code", text=words_of(line)),
        of_codes=True,
        ask=lambda _frame, _worker: Prompt("Revoke a join code", "the code, as it was printed"),
    ),
    Action(
        "T",
        "rotate-token",
        "Replace a token ...",
        lambda _frame, _worker, line: Order("rotate-token", key=words_of(line)),
        ask=lambda _frame, _worker: Prompt("Replace a token", "of whom: operator, or requester"),
        confirm=lambda _frame, _worker, order: (
            f"The {order.key}'s token is no longer valid, and other connections with it end."
        ),
    ),
    _settable(
        "maintenance.threshold",
        "t",
        "threshold",
        "Eviction threshold PM_l ...",
        "seconds per label; auto, or inf for no evictions",
        _confirm_threshold,
    ),
    _settable(
        "straggler_mitigation.enabled",
        "u",
        "mitigation",
        "Straggler mitigation ...",
        "on: idle workers duplicate slow tasks; off: a batch waits for its slowest worker",
    ),
    Action("x", "duplicates", _MOST, _set_duplicates, ask=_ask_duplicates),
    _settable(
        "pool.size",
        "z",
        "pool-size",
        "Pool size Np ...",
        "slots; more are recruited",
        _confirm_size,
    ),
    _settable(
        "pool.autoscale",
        "l",
        "by-load",
        "Pool sized by its load ...",
        "on: as many slots as the stream needs, Np at the most; off: always Np",
        _confirm_by_load,
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


def actions_of(*, study: bool) -> tuple[Action, ...]:
    """Return the actions on a run, or on that of a study's condition."""
    return tuple([action for action in ACTIONS if not (study and action.of_codes)])


def words_of(line: str) -> str:
    """Return a typed line without blanks around it; ValueError if it is empty."""
    text = line.strip()
    if not text:
        raise ValueError("type something, or press Escape")
    return text
