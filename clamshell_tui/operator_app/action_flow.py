"""From a key to something done: what must be known is asked, what costs somebody is confirmed.

To be awaited in a worker of the app.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.settings import change_setting, in_words
from clamshell_tui.errors import ClamshellError
from clamshell_tui.operator_app.actions import Action
from clamshell_tui.operator_app.dialogs import AskScreen, ConfirmScreen, TellScreen
from clamshell_tui.wire.connection import ConnectionLostError
from clamshell_tui.wire.operator_messages import Order

if TYPE_CHECKING:
    from clamshell_tui.operator_app.app import OperatorApp


async def agreed(app: "OperatorApp", action: Action, worker: str) -> Order | None:
    """Ask and confirm: the order as it is wanted; None if there is to be none after all."""
    if not app.source.live:
        app.tell("this run is kept in a file: nothing can be done to it", bad=True)
        return None
    if action.of_worker and not worker:
        app.tell("choose a worker on page 2 first", bad=True)
        return None
    replica = app.source.replica
    frame = replica.frame_at(replica.end)  # also when somebody looks back
    asked = None if action.ask is None else action.ask(frame, worker)
    problem, line, order = "", "", None
    while order is None:
        if asked is not None:
            answer = await app.push_screen_wait(AskScreen(asked, problem))
            if answer is None:
                return None
            line = answer
        try:
            order = _possible(action.order(frame, worker, line), replica.engine.state.config)
        except ValueError as error:
            problem = str(error)
            asked = None if asked is None else replace(asked, given=line)
    why = "" if action.confirm is None else action.confirm(frame, worker, order)
    if why and not await app.push_screen_wait(ConfirmScreen(_question(action, worker, order), why)):
        return None
    return order


def _possible(order: Order, config: RunConfig) -> Order:
    """The same; ValueError says why it would be refused, as far as that can be told here."""
    if order.do == "set":
        change_setting(config, order.key, order.value)
    return order


def _question(action: Action, worker: str, order: Order) -> str:
    title = action.title.removesuffix(" ...").replace("a worker", worker or "a worker")
    return f"{title}: {in_words(order.value)}?" if order.do == "set" else f"{title}?"


async def carry_out(app: "OperatorApp", action: Action, order: Order) -> None:
    """Give the order, and tell what came of it."""
    try:
        detail = await app.source.order(order)
    except ConnectionLostError as error:
        app.tell(f"{error}. Look into the log whether it was done", bad=True)
    except ClamshellError as error:
        app.tell(f"not done: {error}", bad=True)
    else:
        await _tell(app, action, order, detail)


async def _tell(app: "OperatorApp", action: Action, order: Order, detail: str) -> None:
    match order.do:
        case "issue-code":
            who = "a bot" if order.key == "bot" else "a person"
            lines = [
                app.join_command(detail),
                "",
                "good for one seat; unused, it expires (--code-minutes)",
            ]
            await app.push_screen_wait(TellScreen(f"A new seat for {who}: paste this", lines))
        case "message":
            app.tell(f"sent to {detail} connected")
        case "set":
            app.tell(f"{order.key} is {in_words(order.value)} from now on")
        case _:
            app.tell(f"{action.name}: done")
