"""A machine's seat: a session without a screen, whose tasks go to a program or a model.

The session decides which task is open, and this class follows it: whenever the open task changes,
the old one is withdrawn from the machine and the new one is sent. A machine that cannot go on ends
the seat; its task stays open, so that the coordinator asks another one of the same model.
"""

import asyncio
from collections.abc import Coroutine

from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.formats import count, money
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.messages import ToClient
from clamshell_tui.wire.worker_messages import Acknowledged, Joined, MachineReady
from worker_client.draft_answer import DraftAnswer
from worker_client.effects import Effect, Send
from worker_client.lifecycle import SessionPhase
from worker_client.machine.labeller import Identity, Labeller, Work
from worker_client.unattended import PATIENCE, UnattendedSeat, wall_time

SEATED_PATIENCE = 600.0
"""Wall seconds without a coordinator until a seat is given up: no person can try again."""
_OF_LEASE = 0.9
"""Share of the time left in which a machine must answer, so that abstaining comes in time."""


class MachineSeat(UnattendedSeat):
    """Keeps one machine at work until the session is over."""

    def __init__(self, join: JoinString, labeller: Labeller, *, patience: float = PATIENCE) -> None:
        super().__init__(join, patience=patience)
        self.labelled = 0
        self.abstained = 0
        self.micros = 0
        self._labeller = labeller
        self._work: Work | None = None
        self._identity: Identity | None = None
        self._ready = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._open = ""  # the assignment that the machine has

    async def live(self) -> str:
        """Work until the session is over, and return why it is. ClamshellError if it failed."""
        try:
            await self._live()
        finally:
            tasks = [task for task in (self._asking, self._keeper) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return "the run is over" if self._run_over else self._session.ended

    def report(self) -> str:
        """``P009: 480 labels, 12 abstained, $0.012``, and what went wrong."""
        parts = [count(self.labelled, "label"), f"{count(self.abstained)} abstained"]
        parts += [money(self.micros)] if self.micros else []
        parts += [self._labeller.report()] if self._labeller.report() else []
        return f"{self.worker or show(self._join.code)}: {', '.join(parts)}"

    # -- messages ---------------------------------------------------------------------------------

    def _receive(self, message: ToClient, now: float, effects: list[Effect]) -> None:
        match message:
            case Joined():
                effects += self._seated(message)
            case Acknowledged(outcome="counted" | "late"):
                self.micros += message.micros
        if self._failure is None:
            self._follow()

    def _seated(self, seat: Joined) -> list[Effect]:
        self.worker, self._patience = seat.worker, SEATED_PATIENCE
        work = Work(seat.classes, seat.instructions)
        if not seat.machine:
            self._failure = InputError(
                f"{self.place}: this code is for a person or a bot. "
                "clamshell serve --machines N prints codes for machines"
            )
        elif self._work is None:
            self._work = work
            self._keeper = self._begin(self._labeller.run(work, self._identified))
        elif work != self._work:
            self._failure = ClamshellError(f"{self.place} has another job now. Start again")
        elif self._identity is not None:
            return [self._announcement(self._identity)]
        return []

    def _identified(self, identity: Identity) -> None:
        self._identity = identity
        self._ready.set()
        if self._session.connected:
            self._driver.perform([self._announcement(identity)])

    def _announcement(self, identity: Identity) -> Send:
        return Send(MachineReady(*identity))

    # -- tasks ------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Give the machine the task that is open now, and only that."""
        sheet = self._session.sheet
        if self._session.phase is not SessionPhase.WORKING:
            sheet = None
        assignment = sheet.assignment if sheet is not None else ""
        if assignment == self._open:
            return
        self._open = assignment
        if self._asking is not None:
            self._asking.cancel()
        if sheet is not None:
            self._asking = self._begin(self._label(sheet, self._asking))

    async def _label(self, sheet: DraftAnswer, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])  # a machine has one task at a time
        await self._ready.wait()
        left = self._session.lease_left(wall_time()) or 0.0
        given = await self._labeller.label(sheet.records, left * _OF_LEASE)
        confident = any(each is not None for each in given.confidences)
        effects = self._session.answer_all(
            given.labels,
            given.confidences if confident else (),
            given.whys if any(given.whys) else (),
            given.cost_micros,
        )
        chosen = sum(label is not None for label in given.labels)
        self.labelled += chosen
        self.abstained += len(given.labels) - chosen
        self._driver.perform(effects)

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception) and self._failure is None:
            self._failure = error
            self._changed.set()
