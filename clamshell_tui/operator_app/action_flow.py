"""Prompts, confirmation and result of an operator's action.

Await these functions in a Textual worker: they push screens and wait for them.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.settings import change_setting, in_words
from clamshell_tui.errors import ClamshellError
from clamshell_tui.operator_app.actions import Action, actions_of
from clamshell_tui.operator_app.dialogs import (
    ActionMenu,
    ConfirmDialog,
    MenuEntry,
    PromptDialog,
    TextDialog,
)
from clamshell_tui.operator_app.person_actions import confirm_stop
from clamshell_tui.study.worker_ids import label_of
from clamshell_tui.wire.connection import ConnectionLostError
from clamshell_tui.wire.operator_messages import Order

if TYPE_CHECKING:
    from clamshell_tui.operator_app.app import OperatorApp
    from clamshell_tui.operator_app.pages.pool import PoolPage

Send = Callable[[], Awaitable[None]]
"""Sends what was asked for, and shows the result."""


_NAMED = 3  # workers that a question names
_CODE_TITLES = {
    "issue-code": "A new seat for {who}: paste this",
    "reissue-code": "The new code of {worker}; the old one is no longer valid",
    "readmit": "{worker} may join again, as a new worker, with the same code",
}


def named(workers: Sequence[str], them: str = "workers") -> str:
    """The workers in a sentence; from four on, how many they are."""
    if len(workers) > _NAMED:
        return f"{len(workers)} {them}"
    *others, last = workers or ("",)
    return f"{', '.join(others)} and {last}" if others else last


def _whom(app: "OperatorApp", workers: Sequence[str]) -> str:
    """The workers in a sentence; of a study, the participants that they are."""
    if app.source.study is None:
        return named(workers)
    labels = [label_of(WorkerId(worker)) for worker in workers]
    return named(list(dict.fromkeys(labels)), "participants")


async def act_on_run(app: "OperatorApp", pool: "PoolPage", name: str = "") -> Send | None:
    """Ask for an action, unless it is named, and for what it needs; None if nothing is to be done.

    Actions on workers take those chosen on the Pool page.
    """
    actions = actions_of(study=app.source.study is not None)
    if not name:
        whom = _whom(app, pool.chosen or pool.chosen_gone) or "the worker chosen on the Pool page"
        entries = [
            MenuEntry(
                each.key,
                each.name,
                each.title.replace("a worker", whom) if each.of_worker else each.title,
            )
            for each in actions
        ]
        chosen = await app.push_screen_wait(ActionMenu(entries))
        name = chosen or ""
    action = next((action for action in actions if action.name == name), None)
    if action is None:
        return None
    workers = pool.chosen_gone if action.of_gone else pool.chosen
    orders = await ask_and_confirm(app, action, workers)
    return partial(_carry_out, app, pool, action, orders) if orders else None


async def _carry_out(
    app: "OperatorApp", pool: "PoolPage", action: Action, orders: Sequence[Order]
) -> None:
    await send_orders(app, action, orders)
    if action.of_worker:
        pool.table.mark(())


async def ask_and_confirm(
    app: "OperatorApp", action: Action, workers: Sequence[str]
) -> Sequence[Order]:
    """Prompt and confirm; return the orders, one for each worker if the action is of workers.

    There are none if the operator cancelled.
    """
    if not app.source.live:
        app.announce("this run is kept in a file: nothing can be done to it", bad=True)
        return ()
    if action.of_worker and not workers:
        app.announce("choose a worker on the Pool page first", bad=True)
        return ()
    worker, each = _whom(app, workers), workers if action.of_worker else ("",)
    replica = app.source.replica
    snapshot = replica.snapshot_at(replica.end)  # the present, also while the operator looks back
    asked = None if action.ask is None else action.ask(snapshot, worker)
    problem, line = "", ""
    orders: list[Order] = []
    while not orders:
        if asked is not None:
            answer = await app.push_screen_wait(PromptDialog(asked, problem))
            if answer is None:
                return ()
            line = answer
        try:
            orders = [
                _possible(action.order(snapshot, one, line), replica.settings) for one in each
            ]
        except ValueError as error:
            if asked is None:
                app.announce(f"not done: {error}", bad=True)
                return ()
            problem, asked = str(error), replace(asked, given=line)
    first = orders[0]
    why = "" if action.confirm is None else action.confirm(snapshot, worker, first)
    question, study = _question(action, worker, first), app.source.study
    if first.do == "stop" and study is not None and study.people and study.selected is None:
        question, why = "End the study for all?", confirm_stop(study.people)
    if why and not await app.push_screen_wait(ConfirmDialog(question, why)):
        return ()
    return orders


def _possible(order: Order, config: RunConfig) -> Order:
    """Return ``order``. ValueError if the current configuration rules it out."""
    if order.do == "set":
        change_setting(config, order.key, order.value)
    return order


def _question(action: Action, worker: str, order: Order) -> str:
    title = action.title.removesuffix(" ...").replace("a worker", worker or "a worker")
    asked = action.ask is not None and order.do == "set"
    return f"{title}: {in_words(order.value)}?" if asked else f"{title}?"


async def send_orders(app: "OperatorApp", action: Action, orders: Sequence[Order]) -> None:
    """Send the orders and show their result; stop at the first that fails."""
    for done, order in enumerate(orders):
        of_them = (
            f" for {_whom(app, [order.worker])}, after {done} of {len(orders)}"
            if len(orders) > 1
            else ""
        )
        try:
            detail = await app.source.order(order)
        except ConnectionLostError as error:
            app.announce(f"{error}. Look into the log whether it was done{of_them}", bad=True)
            return
        except ClamshellError as error:
            app.announce(f"not done{of_them}: {error}", bad=True)
            return
        await _announce_result(app, action, order, detail)
    if len(orders) > 1:
        them = "workers" if app.source.study is None else "participants"
        app.announce(f"{action.name}: done for {len(orders)} {them}")


async def _announce_result(app: "OperatorApp", action: Action, order: Order, detail: str) -> None:
    match order.do:
        case "issue-code" | "reissue-code" | "readmit":
            who = {"bot": "a bot", "machine": "a machine"}.get(order.key, "a person")
            title = _CODE_TITLES[order.do].format(who=who, worker=_whom(app, [order.worker]))
            lines = [app.join_command(detail), "", "it leads its person back from any machine"]
            await app.push_screen_wait(TextDialog(title, lines))
        case "rotate-token":
            lines = [
                detail,
                "",
                "clamshell watch ADDRESS --token TOKEN" * (order.key == "operator"),
            ]
            await app.push_screen_wait(TextDialog(f"The new token of the {order.key}", lines))
        case "message":
            app.announce(f"sent to {detail} connected; kept for those who are away")
        case "set":
            app.announce(f"{order.key} is {in_words(order.value)} from now on")
        case _:
            app.announce(f"{action.name}: done")
