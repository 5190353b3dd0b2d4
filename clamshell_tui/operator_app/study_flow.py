"""Study on the operator's screen, beside the page of people: alarms and conditions."""

from typing import TYPE_CHECKING

from textual.widgets import ContentSwitcher

from clamshell_tui.errors import ClamshellError
from clamshell_tui.operator_app.pages import PAGES
from clamshell_tui.run.playback import Playback
from clamshell_tui.wire.study_messages import People

if TYPE_CHECKING:
    from clamshell_tui.operator_app.app import OperatorApp


class Alarms:
    """Rings the bell once for each new alarm; not for those of the past. Its text is a notice."""

    def __init__(self) -> None:
        self._seen: People | None = None

    def ring(self, app: "OperatorApp") -> None:
        """Call it often: unchanged people cost nothing."""
        people = None if app.source.study is None else app.source.study.people
        before, self._seen = self._seen, people
        if people is None or before is None or people is before:
            return
        known = {row.participant: len(row.alarms) for row in before.rows}
        if any(len(row.alarms) > known.get(row.participant, 0) for row in people.rows):
            app.bell()


async def follow_next_condition(app: "OperatorApp") -> None:
    """Follow the next condition; after the last one, the first one with orders to all."""
    study = app.source.study
    if study is None or study.people is None or app.switching:
        return
    names = study.people.conditions
    choices = [None, *range(len(names))]
    chosen = choices[(choices.index(study.selected) + 1) % len(choices)]
    app.switching = True
    try:
        await app.source.select(chosen)
        await _begin_again(app)
    except ClamshellError as error:
        app.announce(f"not done: {error}", bad=True)
    else:
        name = names[chosen or 0]
        orders = "orders go to all conditions" if chosen is None else "orders go to it alone"
        app.announce(f"the pages of the run show {name}; {orders}")
    finally:
        app.switching = False
    app.redraw()


async def _begin_again(app: "OperatorApp") -> None:
    """Replace the pages of the run: they remember what they have drawn."""
    switcher = app.query_one(ContentSwitcher)
    current = switcher.current
    app.player = Playback(app.source.replica, live=app.source.live)
    with app.batch_update():
        switcher.current = None
        for page in PAGES:
            await switcher.query_children(f"#{page.ID}").remove()
            await switcher.add_content(page(id=page.ID))
        switcher.current = current
    app.page.entered()
