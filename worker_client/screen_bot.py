"""A bot on the screen, for watching.

The autopilot plans the moves. The screen bot carries them out through the app like the keyboard,
spreads the labels of a task over the time that it takes, and scrolls a text to its end before it
goes on.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from clamshell_tui.wire.messages import ToClient
from clamshell_tui.wire.study_messages import Answers, Consent, Read
from clamshell_tui.wire.worker_messages import Answer, Joined, Qualification
from worker_client.autopilot import Autopilot, Move, fill, keys_for, press
from worker_client.notices import Lesson
from worker_client.screens.stage_frame import ReadingFrame

if TYPE_CHECKING:
    from worker_client.app import WorkerApp
    from worker_client.driver import SessionDriver

_LOOK = 0.05  # wall seconds between two looks at the clock
_FOREVER = 1e6


class ScreenBot:
    """Drives one app. ``autopilot_for`` returns the pilot, given the number of classes."""

    def __init__(self, autopilot_for: Callable[[int], Autopilot]) -> None:
        self._autopilot_for = autopilot_for
        self._pilot: Autopilot | None = None
        self._speed = 1.0
        self._began = 0.0

    def hear(self, message: ToClient, now: float) -> None:
        """Pass a message to the pilot; ``now`` is wall time."""
        if isinstance(message, Joined):
            self._speed = message.speed if message.speed > 0 else 1.0
            self._pilot = self._pilot or self._autopilot_for(len(message.classes))
        if self._pilot is None:
            return
        before = self._pilot.plan
        self._pilot.receive(message, now * self._speed)
        if self._pilot.plan is not before:
            self._began = now

    async def run(self, app: "WorkerApp", connection: "SessionDriver") -> None:
        """Act until the session is over."""
        while not app.session.over:
            self.look(app, connection)
            await asyncio.sleep(_LOOK)

    def look(self, app: "WorkerApp", connection: "SessionDriver") -> None:
        """Do what is due."""
        session, now = app.session, app.now
        plan = self._pilot.plan if self._pilot is not None else None
        stage, lesson = session.stage, session.cover
        number = stage.message.number if stage is not None else 0
        reading = isinstance(lesson, Lesson) and lesson.number == number and plan is not None
        if session.cover is not None and not reading:
            if not session.cover.blocked(now):
                app.act(session.dismiss(now))
            return
        if self._pilot is None or plan is None:
            return
        if isinstance(plan.message, Answer | Qualification):
            self._press(app, plan, plan.message.labels, now)
        if isinstance(plan.message, Answers) and self._fill(app, plan, plan.message, now):
            return
        if isinstance(plan.message, Consent | Read) and _reads_on(app):
            return
        if plan.at <= now * self._speed:
            self._carry_out(app, connection, self._pilot.carry_out())

    def _press(
        self, app: "WorkerApp", plan: Move, labels: tuple[int | None, ...], now: float
    ) -> None:
        """Press the keys that are due by now; the last one comes with the answer."""
        sheet = app.session.sheet
        takes = max(_LOOK, plan.at / self._speed - self._began)
        due = min(int(len(labels) * (now - self._began) / takes), len(labels) - 1)
        while sheet is not None and sheet.done < due:
            app.act(press(app.session, labels[sheet.at], now))

    def _fill(self, app: "WorkerApp", plan: Move, message: Answers, now: float) -> bool:
        """Answer a question if it is due; False once all are answered."""
        stage = app.session.in_stage
        total = len(message.answers)
        if stage is None or stage.form.at >= total:
            return False
        takes = max(_LOOK, plan.at / self._speed - self._began)
        place = stage.form.at
        if place < int(total * (now - self._began) / takes):
            app.act(fill(app.session, place, message.answers[place].value))
            app.act(app.session.next_question())
        return stage.form.at > place or now < self._began + takes

    def _carry_out(self, app: "WorkerApp", connection: "SessionDriver", move: Move) -> None:
        if move.message is None:
            connection.drop(min(_FOREVER, move.away / self._speed))
        else:
            app.act(keys_for(app.session, move, app.now))


def _reads_on(app: "WorkerApp") -> bool:
    """Scroll the text on the screen by a page; False once its end was shown."""
    screen = app.screen
    return isinstance(screen, ReadingFrame) and screen.read_on()
