"""The retainer pool: slots, the reserve behind them, and idle workers (CLAMShell §3)."""

from heapq import heappop, heappush

from clamshell_tui.core.crowd_platform.work import Worker, WorkerState
from clamshell_tui.core.ids import WorkerId


class Pool:
    """Index of workers by place. Pay and tasks are handled by the state.

    ``slots`` holds the worker of each slot or None; ``reserve`` the trained workers behind them, in
    order of admission; ``idle`` the seated, connected workers without a task, the longest wait
    first.
    """

    __slots__ = ("_free", "idle", "reserve", "seated", "size", "slots", "training", "workers")

    def __init__(self, size: int) -> None:
        self.size = size
        self.workers: dict[WorkerId, Worker] = {}
        self.slots: list[Worker | None] = [None] * size
        self._free = list(range(size))
        self.seated = 0
        self.training = 0
        self.reserve: dict[WorkerId, Worker] = {}
        self.idle: dict[WorkerId, Worker] = {}

    def wanted(self, reserve: int) -> int:
        """Return how many more workers fill all slots and this reserve, trainees counted."""
        return self.size + reserve - self.seated - len(self.reserve) - self.training

    def next_seat(self) -> tuple[Worker, int] | None:
        """Return a connected worker of the reserve and a free slot, if there are both."""
        if self.seated >= self.size or not self.reserve:
            return None
        for worker in self.reserve.values():
            if worker.connected:
                return worker, self._free[0]
        return None

    def seat(self, worker: Worker, slot: int) -> None:
        """Move a worker of the reserve into the free slot that :meth:`next_seat` named."""
        del self.reserve[worker.id]
        heappop(self._free)
        self.slots[slot] = worker
        worker.slot = slot
        worker.become(WorkerState.AVAILABLE)
        self.seated += 1
        if worker.connected:
            self.await_task(worker)

    def await_task(self, worker: Worker) -> None:
        """Queue a seated, connected worker for tasks, unless the worker is paused."""
        if not worker.paused:
            self.idle[worker.id] = worker

    def vacate(self, worker: Worker) -> None:
        """Take a worker out of slot, reserve or training; no effect if it has none."""
        self.idle.pop(worker.id, None)
        self.reserve.pop(worker.id, None)
        if worker.state is WorkerState.TRAINING:
            self.training -= 1
        if worker.slot is not None:
            self.slots[worker.slot] = None
            if worker.slot < self.size:
                heappush(self._free, worker.slot)
            worker.slot = None
            self.seated -= 1

    def resize(self, size: int) -> None:
        """Change the number of slots; workers in surplus slots keep them until released."""
        if size > len(self.slots):
            self.slots.extend([None] * (size - len(self.slots)))
        self.size = size
        self._free = [slot for slot in range(size) if self.slots[slot] is None]

    def surplus(self) -> list[Worker]:
        """Return the workers in surplus slots, after the size was reduced."""
        return [worker for worker in self.slots[self.size :] if worker is not None]

    def present(self) -> list[Worker]:
        """Return the seated workers, in order of their slots."""
        return [worker for worker in self.slots if worker is not None]
