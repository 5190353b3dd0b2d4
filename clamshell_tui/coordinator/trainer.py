"""The coordinator's side of the training process: sends requests, passes results to callbacks.

Labels are sent as they are delivered. A process that ends is restarted and gets the whole history;
its unfinished training has failed. No call from the run loop ever waits here.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import assert_never

import msgspec

from clamshell_tui import errors
from clamshell_tui.coordinator.trainer_messages import (
    HEADER,
    BatchPredicted,
    Learnt,
    Load,
    Loaded,
    Prediction,
    PredictionRefused,
    PredictRequest,
    Refused,
    Reply,
    Request,
    Train,
    Trained,
    TrainingRefused,
    decode_reply,
    framed,
)
from clamshell_tui.core.events import Event, ModelTrained, RecordsPredicted, TrainingFailed
from clamshell_tui.core.ids import ClassIndex, RecordId
from clamshell_tui.wire.requester_messages import NewRecord

ENDED = "the training process ended"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds before a process that ended is started again

PredictionReply = Prediction | PredictionRefused


class TrainerProcess:
    """Call :meth:`load`, then :meth:`attach`, keep :meth:`run` running, and :meth:`close` it.

    A process that does not answer for ``patience`` seconds is killed.
    """

    def __init__(self, load: Load, patience: float) -> None:
        self._load = load
        self._patience = patience
        self._learnt: Callable[[Learnt], None]
        self._history: Callable[[], Iterable[Request]]
        self._child: asyncio.subprocess.Process | None = None
        self.process: asyncio.subprocess.Process | None = None
        """The child, once it is up to date; None while there is none."""
        self._training: Train | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._failure = ENDED
        self._predictions: dict[int, Callable[[PredictionReply], None]] = {}
        self._count = 0
        self.restarts = 0

    async def load(self) -> Loaded:
        """Start the process and return the records of the run.

        Raises errors in the data as they are (DatasetError, ScenarioError).
        """
        process = await self._start()
        reply = await _read(process)
        match reply:
            case Loaded():
                self.process = process
                return reply
            case Refused():
                kind: type[Exception] = getattr(errors, reply.kind, errors.ClamshellError)
                raise kind(reply.message)
            case _:
                raise errors.EnvironmentFaultError(
                    "the process that reads the data and trains the model ended immediately. "
                    "See its output above"
                )

    def attach(
        self,
        learnt: Callable[[Learnt], None],
        history: Callable[[], Iterable[Request]],
    ) -> None:
        """Set the callbacks and send the history.

        ``learnt`` gets each result; ``history`` yields the requests that bring a new process up
        to date.
        """
        self._learnt = learnt
        self._history = history
        for request in history():
            self.send(request)

    async def _start(self) -> asyncio.subprocess.Process:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "clamshell_tui.coordinator.trainer_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        _write(self._child, self._load)
        return self._child

    async def run(self) -> None:
        """Handle replies, and restart the process whenever it ends; until cancelled."""
        pause = FIRST_PAUSE
        while True:
            if self.process is not None:
                await self._listen(self.process)
                self._fail_pending()
                self.restarts += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            await self._restart()

    async def _restart(self) -> None:
        """Start a new process. The history is sent last, with labels delivered meanwhile."""
        with suppress(OSError):  # out of memory, perhaps: run() tries again
            process = await self._start()
            if isinstance(await _read(process), Loaded):
                for request in self._history():
                    _write(process, request)
                self.process, self._failure = process, ENDED

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        while (reply := await _read(process)) is not None:
            match reply:
                case Trained() | TrainingRefused():
                    self._training = None
                    self._learnt(reply)
                case BatchPredicted():
                    self._learnt(reply)
                case Prediction() | PredictionRefused():
                    self._predictions.pop(reply.number)(reply)
                case Loaded() | Refused():
                    raise RuntimeError("only Load is answered so")
            self._watch()

    def _fail_pending(self) -> None:
        """Fail all unanswered requests, because the process ended."""
        self.process = None
        if self._training is not None:
            self._training = None
            self._learnt(TrainingRefused(self._failure))
        while self._predictions:
            number, reply = self._predictions.popitem()
            reply(PredictionRefused(number, f"{self._failure}; try again"))
        self._watch()

    def _watch(self) -> None:
        """Restart the time limit if a request is unanswered; called after each message."""
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None
        if self.process is not None and (self._training is not None or self._predictions):
            loop = asyncio.get_running_loop()
            self._watchdog = loop.call_later(self._patience, self._give_up, self.process)

    def _give_up(self, process: asyncio.subprocess.Process) -> None:
        self._failure = f"the training process said nothing for {self._patience:g} s"
        process.kill()  # ends a stopped process as well

    # -- requests ---------------------------------------------------------------------------------

    def send(self, request: Request) -> None:
        """Send a request without reply; while there is no process, the history will have it."""
        if self.process is not None:
            _write(self.process, request)

    def train(self, labels: int) -> None:
        """Request a model of the first ``labels`` labels."""
        self._training = Train(labels)
        if self.process is None:
            self._fail_pending()
            return
        _write(self.process, self._training)
        self._watch()

    def predict(
        self, records: tuple[NewRecord, ...], reply: Callable[[PredictionReply], None]
    ) -> None:
        """Request predictions of the latest model; ``reply`` is called with the answer."""
        self._count += 1
        if self.process is None:
            reply(Prediction(self._count, 0))
            return
        self._predictions[self._count] = reply
        _write(self.process, PredictRequest(self._count, records))
        if self._watchdog is None:
            self._watch()

    async def close(self) -> None:
        """End the process."""
        child, self._child, self.process = self._child, None, None
        if self._watchdog is not None:
            self._watchdog.cancel()
        if child is not None:
            if child.returncode is None:
                child.kill()
            assert child.stdin is not None, "it was started with a pipe"
            child.stdin.close()
            await child.wait()


def _write(process: asyncio.subprocess.Process, request: Request) -> None:
    assert process.stdin is not None, "it was started with a pipe"
    process.stdin.write(framed(request))


async def _read(process: asyncio.subprocess.Process) -> Reply | None:
    """Return the next reply; None when the process has ended."""
    assert process.stdout is not None, "it was started with a pipe"
    try:
        header = await process.stdout.readexactly(HEADER)
        body = await process.stdout.readexactly(int.from_bytes(header, "big"))
        reply: Reply = decode_reply(body)
    except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
        if process.returncode is None:
            process.kill()
        await process.wait()
        return None
    return reply


def event_of(result: Learnt) -> Event:
    """Return a result as an event of the run."""
    match result:
        case Trained():
            return ModelTrained(
                tuple(map(RecordId, result.ranking)),
                result.labels_used,
                result.accuracy,
                result.estimated,
                result.seconds,
                result.uncertainty,
                result.by_class,
            )
        case TrainingRefused():
            return TrainingFailed(result.reason)
        case BatchPredicted():
            return RecordsPredicted(
                tuple(map(RecordId, result.records)),
                tuple(map(ClassIndex, result.labels)),
                result.probabilities,
            )
        case _:
            assert_never(result)
