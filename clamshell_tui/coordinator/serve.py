"""Serve a live run, from its announcement to its exit code."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    closing,
    nullcontext,
    suppress,
)
from importlib import metadata
from pathlib import Path
from socket import socket
from typing import Generic, NamedTuple, TypeVar

from websockets.asyncio.server import Server as WebSocketServer

from clamshell_tui.coordinator import recovery
from clamshell_tui.coordinator.announcement import ListenAddress, announcement, published, say
from clamshell_tui.coordinator.assemble import Options, Service, begin, resume
from clamshell_tui.coordinator.live import LiveService, ServeOptions
from clamshell_tui.coordinator.lock_file import LockFile
from clamshell_tui.coordinator.loop import Loop
from clamshell_tui.coordinator.records import Records
from clamshell_tui.coordinator.server import CLOSE_TIMEOUT, Server, bind
from clamshell_tui.coordinator.sessions import SeatKind
from clamshell_tui.coordinator.store import Store
from clamshell_tui.coordinator.tls import certificate, reachable_addresses
from clamshell_tui.coordinator.trainer import TrainerProcess
from clamshell_tui.coordinator.trainer_messages import Load, Loaded
from clamshell_tui.datasets.checks import check_classes
from clamshell_tui.datasets.config import WireConfig
from clamshell_tui.open_files import allow_connections
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.text import show


class GatewaySecrets(NamedTuple):
    """Secrets of the gateways: ``forwarding`` authenticates the addresses of participants.

    ``token`` is an operator's, and stays valid when the token of the operators is replaced.
    """

    forwarding: str
    token: str


Beside = Callable[[LiveService, asyncio.Event], AbstractAsyncContextManager[None]]
"""A context held while a run is served, entered when the codes are published.

It may outlast the run, until the event is set: then a signal ended the process.
"""


Gateways = Callable[[Sequence[str], GatewaySecrets], AbstractAsyncContextManager[Sequence[str]]]
"""Starts the gateways, given the coordinator's own lines; yields the lines that announce them."""


S = TypeVar("S", bound=LiveService)
S_co = TypeVar("S_co", bound=LiveService, covariant=True)


class Coordinator(NamedTuple, Generic[S_co]):
    """A run or a study that accepts connections; ``lines`` announce it."""

    service: S_co
    server: Server
    address: ListenAddress
    lines: tuple[str, ...]
    gateway_secrets: GatewaySecrets
    announce: Callable[[], tuple[str, ...]]  # the lines by now


class Signals:
    """Context of the main task: SIGTERM drains, a second one or SIGINT stops immediately.

    The work in hand has ``drain`` seconds. SIGHUP is ignored: workers may be active although our
    terminal was closed. While the run is being assembled, and ``run_loop`` is None, SIGTERM and
    SIGINT cancel the task.
    """

    def __init__(self, drain: float) -> None:
        self._drain = drain
        self.run_loop: Loop | None = None
        self.exit_code = 0
        """Exit code of the process: 128 plus the signal's number if it stopped immediately."""
        self.end_requested = asyncio.Event()
        """Set by the first SIGTERM or SIGINT."""
        self._draining = False
        self._late: asyncio.TimerHandle | None = None

    def __enter__(self) -> "Signals":
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._terminate)
        loop.add_signal_handler(signal.SIGINT, self._stop, signal.SIGINT)
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._late is not None:
            self._late.cancel()
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGTERM)
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGHUP)

    def _terminate(self) -> None:
        self.end_requested.set()
        if self._draining or self.run_loop is None:
            self._stop(signal.SIGTERM)
        else:
            self._draining = True
            self.run_loop.drain("signal")
            say(
                f"clamshell: ending when the tasks in hand are done, in {self._drain:g} s at the "
                "latest. SIGTERM again, or Ctrl-C, stops immediately"
            )
            self._late = asyncio.get_running_loop().call_later(
                self._drain, self._stop, signal.SIGTERM
            )

    def _stop(self, number: signal.Signals) -> None:
        self.end_requested.set()
        self.exit_code = 128 + number
        if self.run_loop is not None:
            self.run_loop.stop()
        elif self._task is not None:
            self._task.cancel()


async def serve(
    options: ServeOptions,
    opening: AbstractAsyncContextManager[Coordinator[LiveService]],
    beside: Beside = lambda _service, _end: nullcontext(),
    gateways: Gateways = lambda _lines, _secrets: nullcontext(()),
) -> int:
    """Serve a run or a study to its end; return the exit code.

    Input and environment errors are raised.

    SIGTERM lets the workers finish their tasks; a second one, or SIGINT, stops after the commit.
    """
    with Signals(options.drain) as signals:
        try:
            async with (
                opening as coordinator,
                gateways(coordinator.lines, coordinator.gateway_secrets) as ways_in,
            ):
                if coordinator.service.run.finished:
                    beside = _announce_over(options.db)
                lines = (*coordinator.lines, *ways_in, "ready")
                with published(lines, options.codes_file, options.db) as publish:
                    coordinator.service.run.republish = lambda: publish(
                        (*coordinator.announce(), *ways_in, "ready")
                    )
                    signals.run_loop = coordinator.service.run_loop
                    _tune_garbage_collector()
                    async with beside(coordinator.service, signals.end_requested):
                        await coordinator.service.until_over(coordinator.server)
        except asyncio.CancelledError:
            if not signals.exit_code:
                raise
        return signals.exit_code


def _announce_over(run_file: Path) -> Beside:
    """Report that the run was over before, and show no screen; workers still get statements."""
    name = show(str(run_file))
    say(
        f"clamshell: the run in {name} is over and accepts no worker. Look at it with "
        f"clamshell summary {name} or clamshell replay {name}, or begin another with another --db"
    )
    return lambda _service, _end: nullcontext()


def _tune_garbage_collector() -> None:
    """Collect garbage less often: nearly all objects of a run live to its end.

    Loaded objects are frozen, and the youngest generation (by default 700 objects, a few dozen
    answers) is larger. Only ended connections leave cycles to collect.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


LoadRecords = Callable[[Options, AsyncExitStack], Awaitable[tuple[TrainerProcess | None, Loaded]]]


@asynccontextmanager
async def opened(options: Options) -> AsyncIterator[Coordinator[Service]]:
    """Open a run: file, trainer, server. The caller then awaits ``service.until_over``."""
    allow_connections(sum(options.wanted_seats.values()))
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(closing(bind(options.host, options.port)))
        lock = stack.enter_context(LockFile(options.db))
        service = await assembled(options, lock, stack)
        yield await accepting(service, options, options.wanted_seats, listener, lock, stack)


async def accepting(
    service: S,
    options: ServeOptions,
    seats: Mapping[SeatKind, int],
    listener: socket,
    lock: LockFile,
    stack: AsyncExitStack,
) -> Coordinator[S]:
    """Announce ``seats`` and accept connections until ``stack`` is closed."""
    host, *hosts = reachable_addresses(options.host)
    address, tls = ListenAddress(host, listener.getsockname()[1]), None
    if options.lan:
        tls, fingerprint = certificate(options.db)
        address = address._replace(fingerprint=fingerprint)
    sessions, over = service.run.sessions, service.run.finished

    def announce() -> tuple[str, ...]:
        return tuple(announcement(address, sessions, seats, others=hosts, over=over))

    lines = announce()
    gateway_token = sessions.staff_token("gateway", "operator")
    await service.write()  # before they are printed: printed codes are valid
    lock.note(begun=True)  # from here on the codes may be published
    version = metadata.version("clamshell-tui")
    server = Server(service.run_loop, options.limits, f"clamshell/{version}")
    stack.push_async_callback(_close, await server.accept(listener, tls))
    secrets = GatewaySecrets(server.secret, gateway_token)
    return Coordinator(service, server, address, lines, secrets, announce)


async def _close(accepting: WebSocketServer) -> None:
    accepting.close()
    with suppress(TimeoutError):  # a client that does not close in time is dropped
        async with asyncio.timeout(CLOSE_TIMEOUT + 0.5):
            await accepting.wait_closed()


async def load_records(
    options: Options, stack: AsyncExitStack
) -> tuple[TrainerProcess | None, Loaded]:
    """Load the records, and start the training process if the run has a learner."""
    scenario, source = options.scenario, options.scenario.dataset
    learns = scenario.learning.enabled
    if isinstance(source, WireConfig) and not learns:
        return None, Loaded("wire", check_classes(source.classes, "dataset.classes"), (), (), 0, ())
    # The engine waits for one timeout; a model that takes up to twice as long is still used.
    patience = 2 * scenario.learning.timeout
    trainer = TrainerProcess(Load(as_toml(scenario), str(options.base.absolute())), patience)
    stack.push_async_callback(trainer.close)
    loaded = await trainer.load()
    if not learns:
        await trainer.close()
    return (trainer if learns else None), loaded


async def assembled(
    options: Options, lock: LockFile, stack: AsyncExitStack, load: LoadRecords = load_records
) -> Service:
    """Begin or resume the run; ``stack`` gets all clean-ups."""
    path = options.db
    if lock.never_begun and recovery.remove_unbegun(path):
        say(
            f"clamshell: the coordinator that made {show(path.name)} was killed before the run "
            "began: starting it again"
        )
    recovered = recovery.read(path, options.scenario)
    trainer, loaded = await load(options, stack)
    records = Records(loaded)
    if recovered is not None:
        recovery.check_records(recovered, records)
        for record in recovered.records:
            records.submit(record)
    checks = options.scenario.quality.checks_every > 0
    store = await (Store.create(path, checks=checks) if recovered is None else Store.open(path))
    if recovered is None:
        stack.callback(_remove_unbegun, path, lock)
    stack.push_async_callback(store.close)
    if recovered is None:
        return begin(options, store, records, trainer)
    return await resume(options, store, records, trainer, recovered)


def _remove_unbegun(path: Path, lock: LockFile) -> None:
    """Remove the file of a run that no client can know of."""
    if not lock.begun:
        recovery.remove(path)
