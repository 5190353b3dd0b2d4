"""Prompts, confirmation and result of an action on participants; see ``action_flow``."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from clamshell_tui.errors import ClamshellError
from clamshell_tui.formats import count
from clamshell_tui.operator_app.action_flow import Send, named
from clamshell_tui.operator_app.dialogs import (
    ActionMenu,
    ConfirmDialog,
    MenuEntry,
    PromptDialog,
)
from clamshell_tui.operator_app.person_actions import PERSON_ACTIONS, PersonAction, StudyOrder
from clamshell_tui.operator_app.result_dialog import ResultDialog
from clamshell_tui.wire.connection import ConnectionLostError
from clamshell_tui.wire.study_messages import (
    People,
    PersonOrder,
    PersonResult,
    PersonRow,
)

if TYPE_CHECKING:
    from clamshell_tui.operator_app.app import OperatorApp
    from clamshell_tui.operator_app.pages.people import PeoplePage


def who(rows: Sequence[PersonRow]) -> str:
    """The participants in a sentence."""
    return named([row.participant for row in rows], "participants")


async def act_on_people(app: "OperatorApp", page: "PeoplePage", name: str = "") -> Send | None:
    """Ask for an action, unless it is named, and for what it needs; None if nothing is to be done.

    It takes those who are chosen when it is asked for.
    """
    rows = page.chosen
    if not name:
        entries = [
            MenuEntry(each.key, each.name, _title(each, rows) if rows else each.title)
            for each in PERSON_ACTIONS
        ]
        chosen = await app.push_screen_wait(ActionMenu(entries))
        name = chosen or ""
    action = next((action for action in PERSON_ACTIONS if action.name == name), None)
    if action is None or page.people is None:
        return None
    order = await ask_about_people(app, action, page.people, rows)
    return None if order is None else partial(_carry_out, app, page, action, order)


def _title(action: PersonAction, rows: Sequence[PersonRow]) -> str:
    return action.title.replace("a participant", who(rows)) if action.of_people else action.title


async def _carry_out(
    app: "OperatorApp", page: "PeoplePage", action: PersonAction, order: StudyOrder
) -> None:
    """Send the order and show its result; those who were refused stay marked."""
    detail = ""
    try:
        if isinstance(order, PersonOrder):
            results = await app.source.order_people(order)
        else:
            detail, results = await app.source.order(order), ()
    except ConnectionLostError as error:
        app.announce(f"{error}. Look whether it was done: {action.name}", bad=True)
        return
    except ClamshellError as error:
        app.announce(f"not done: {error}", bad=True)
        return
    if isinstance(order, PersonOrder):
        page.table.mark([each.participant for each in results if each.refused])
    if detail:
        app.announce(f"the gate opens at {detail}")
    else:
        await _show_results(app, page, action, results)


async def _show_results(
    app: "OperatorApp", page: "PeoplePage", action: PersonAction, results: Sequence[PersonResult]
) -> None:
    done = [each for each in results if not each.refused]
    codes = [each.code for each in done if each.code]
    if results and (codes or len(done) < len(results)):
        most = f"done for {len(done)} of {count(len(results), 'participant')}"
        title = "The new codes; the old ones are void" if codes else f"{action.name}: {most}"
        joins = {code: app.join_command(code) for code in codes}
        await app.push_screen_wait(ResultDialog(title, results, joins))
    elif action.name == "message":
        rows = () if page.people is None else page.people.rows
        labels = {each.participant for each in done}
        here = sum(row.connected for row in rows if row.participant in labels)
        app.announce(f"sent to {here} connected; kept for those who are away")
    else:
        of_whom = f" for {named([each.participant for each in done], 'participants')}" * bool(done)
        app.announce(f"{action.name}: done{of_whom}")


async def ask_about_people(
    app: "OperatorApp", action: PersonAction, people: People, rows: Sequence[PersonRow]
) -> StudyOrder | None:
    """Prompt and confirm; None if the operator cancelled, or it is impossible."""
    if action.of_people and not rows:
        app.announce("nobody is chosen", bad=True)
        return None
    lines: list[str] = []
    for _ in action.asks:
        line = await _typed(app, action, people, rows, len(lines))
        if line is None:
            return None
        lines.append(line)
    try:
        order = action.order(people, rows, lines)
    except ValueError as error:
        app.announce(f"not done: {error}", bad=True)
        return None
    why = "" if action.confirm is None else action.confirm(people, rows, who(rows))
    title = _title(action, rows).removesuffix(" ...")
    if why and not await app.push_screen_wait(ConfirmDialog(f"{title}?", why)):
        return None
    return order


async def _typed(
    app: "OperatorApp", action: PersonAction, people: People, rows: Sequence[PersonRow], place: int
) -> str | None:
    """Prompt for a line until it is valid; None if the operator cancelled."""
    prompt, problem = action.asks[place](people, who(rows)), ""
    while True:
        line = await app.push_screen_wait(PromptDialog(prompt, problem))
        if line is None:
            return None
        try:
            action.checks[place](line)
        except ValueError as error:
            prompt, problem = replace(prompt, given=line), str(error)
        else:
            return line
