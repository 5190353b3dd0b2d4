"""The machines of a simulated run: each has a request in hand, or none."""

from collections.abc import Callable, Sequence
from typing import assert_never

from clamshell_tui.core.commands import AskMachine, ReleaseMachine, WithdrawRequest
from clamshell_tui.core.crowd_platform.ledger import MICROS
from clamshell_tui.core.events import (
    Event,
    MachineAnswered,
    MachineJoined,
    MachineSkipped,
    WorkerDisconnected,
    WorkerReconnected,
)
from clamshell_tui.core.ids import ClassIndex, RequestId, WorkerId
from clamshell_tui.workforce.machine import MachineAnswer, SimulatedMachine

Plan = Callable[[float, Callable[[float], Event | None]], None]
"""Plans what happens at a time: an event, or nothing if it no longer applies."""


class MachineSeats:
    """Draws how machines answer. ``truth`` and ``ids`` are those of all records."""

    def __init__(
        self,
        machines: Sequence[SimulatedMachine],
        truth: Sequence[ClassIndex],
        ids: Sequence[str],
        plan: Plan,
    ) -> None:
        self._truth = truth
        self._ids = ids
        self._plan = plan
        self._machines = {WorkerId(f"M{n}"): each for n, each in enumerate(machines, 1)}
        self._open: dict[WorkerId, RequestId] = {}
        self._gone: set[WorkerId] = set()
        for worker, machine in self._machines.items():
            config = machine.config
            joined = MachineJoined(worker, config.name, "simulated", round(config.price * MICROS))
            plan(0.0, lambda _, event=joined: event)  # type: ignore[misc]  # bound now

    def carry_out(self, command: AskMachine | WithdrawRequest | ReleaseMachine, now: float) -> None:
        match command:
            case AskMachine():
                self._open[command.worker] = command.request
                names, truth = self._of(command)
                self._begin(command, self._machines[command.worker].answer(names, truth), now)
            case WithdrawRequest():
                self._open.pop(command.worker, None)
            case ReleaseMachine():
                self._gone.add(command.worker)
            case _:
                assert_never(command)

    def _of(self, command: AskMachine) -> tuple[list[str], list[int]]:
        records = command.records
        return [self._ids[each] for each in records], [int(self._truth[each]) for each in records]

    def _begin(self, command: AskMachine, answer: MachineAnswer, now: float) -> None:
        if answer.crash is not None:
            self._plan(now + answer.crash[0], self._crashing(command, answer.crash[1]))
            return
        worker, request = command.worker, command.request
        event: Event = MachineSkipped(request, worker, "timeout")
        if answer.labels:
            labels = [None if label is None else ClassIndex(label) for label in answer.labels]
            event = MachineAnswered(request, worker, tuple(labels), answer.confidences)

        def happen(_: float) -> Event | None:
            if self._open.get(worker) != request or worker in self._gone:
                return None
            del self._open[worker]
            return event

        self._plan(now + answer.seconds, happen)

    def _crashing(self, command: AskMachine, away: float) -> Callable[[float], Event | None]:
        """The connection is lost; back in time, the machine is sent its request again."""
        worker = command.worker

        def back(now: float) -> Event | None:
            if worker in self._gone:
                return None
            if self._open.get(worker) == command.request:
                self._begin(command, self._machines[worker].undisturbed(*self._of(command)), now)
            return WorkerReconnected(worker)

        def happen(now: float) -> Event | None:
            if worker in self._gone:
                return None
            self._plan(now + away, back)
            return WorkerDisconnected(worker)

        return happen
