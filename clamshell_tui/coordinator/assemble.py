"""Assemble the parts of a live run: a new one, or one that continues after a restart."""

import asyncio
import math
import time
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from clamshell_tui.coordinator import recovery
from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.drafts import Drafts
from clamshell_tui.coordinator.engine_driver import EngineDriver
from clamshell_tui.coordinator.journal_feed import JournalFeed
from clamshell_tui.coordinator.limits import RunClock
from clamshell_tui.coordinator.live import CHECK_EVERY, SCREENS, LiveService, ServeOptions
from clamshell_tui.coordinator.loop import TICK
from clamshell_tui.coordinator.operator_handler import OperatorHandler
from clamshell_tui.coordinator.records import Records
from clamshell_tui.coordinator.recovery import RecoveredRun
from clamshell_tui.coordinator.requester_handler import RequesterHandler
from clamshell_tui.coordinator.run_loop import RoleHandlers, RunLoop
from clamshell_tui.coordinator.server import Server
from clamshell_tui.coordinator.sessions import ConnectedSessions, SeatKind
from clamshell_tui.coordinator.store import Store
from clamshell_tui.coordinator.trainer import TrainerProcess
from clamshell_tui.coordinator.trainer_messages import AddRecords, Exclude, RebuildModel, Request
from clamshell_tui.coordinator.translate import AssignmentKeys, Translator
from clamshell_tui.coordinator.worker_handler import WorkerHandler
from clamshell_tui.core.engine import Engine
from clamshell_tui.core.events import WorkerJoined
from clamshell_tui.core.ids import RecordId
from clamshell_tui.datasets.config import WireConfig
from clamshell_tui.formats import money
from clamshell_tui.participant_texts import Texts
from clamshell_tui.run.answer_log import AnswerLog, Reply
from clamshell_tui.run.model import RunModel
from clamshell_tui.run.names import CURRENCY, RecordNames
from clamshell_tui.run.tables import MetaRow, Sink, Tables, WarningRow
from clamshell_tui.run.totals import totals
from clamshell_tui.runfile.access_key import AccessKey, default_key_folder, open_key
from clamshell_tui.runfile.meta import CLASSES, SECRET, described
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import scenario_texts
from clamshell_tui.scenario.rules import SCENARIO
from clamshell_tui.scenario.submissions import submissions
from clamshell_tui.study.worker_ids import label_of
from clamshell_tui.text import show
from clamshell_tui.wire.operator_messages import Described
from clamshell_tui.wire.requester_messages import NewRecord

HURRY = 0.5  # seconds after SIGTERM to send all clients the end of the run


class Options(ServeOptions, frozen=True, kw_only=True):
    """Options of a run."""

    scenario: Scenario
    base: Path  # folder of relative paths in the scenario
    seats: int = 0
    bot_seats: int = 0
    machines: int = 0
    bots: frozenset[str] | None = None  # labels of a study's bots; None: this is no study
    shown_as: str = ""  # to operators, in place of the names of scenario and file
    currency: str = ""  # of a study

    @property
    def texts(self) -> Texts:
        return scenario_texts(self.scenario, self.base)

    @property
    def currency_meta(self) -> dict[str, str]:
        """The entry of ``meta`` about the currency; none for a run that is of no study."""
        return {CURRENCY: self.currency} if self.currency else {}

    @property
    def wanted_seats(self) -> dict[SeatKind, int]:
        """Number of seats of each kind."""
        return {"seat": self.seats, "bot": self.bot_seats, "machine": self.machines}


class Service(LiveService):
    """Serves a run. Made by :func:`begin` or :func:`resume`.

    ``submissions`` are the remaining (time, records) of the scenario.
    """

    run: EngineDriver
    run_loop: RunLoop

    def __init__(
        self,
        options: Options,
        store: Store,
        run: EngineDriver,
        clock: RunClock,
        submissions: Iterator[tuple[float, int]],
    ) -> None:
        self._options = options
        self._clock = clock
        self.store = store
        self.run = run
        self.replies: Mapping[int, Reply] = {}
        """Workers' answers when a study's run was continued, by assignment."""
        self.run_loop = RunLoop(run, self._handlers(), store, clock, submissions)
        run.journal_feed.committed(run.journal.seq)
        if run.trainer is not None:
            run.trainer.attach(self.run_loop.learnt, self._history)
            if run.engine.retraining.training:  # asked for before the crash
                run.trainer.train(len(run.label_log))

    def _handlers(self) -> RoleHandlers:
        run, options, limits = self.run, self._options, self._options.limits
        wall, source = asyncio.get_running_loop().time, options.scenario.dataset
        return RoleHandlers(
            WorkerHandler(run, limits, options.scenario, options.speed, wall, options.texts),
            OperatorHandler(run, self._described()),
            RequesterHandler(
                run, source if isinstance(source, WireConfig) else None, self.store.put
            ),
        )

    def _described(self) -> Described:
        scenario, records = self._options.scenario, self.run.records
        name = self._options.shown_as
        if name:
            scenario = replace(scenario, name=name)
        file = name or self._options.db.name
        meta = described(scenario) | {"dataset": records.name, "file": file}
        meta |= records.meta | self._options.currency_meta
        return Described(
            meta.pop(SCENARIO),
            tuple(records.classes),
            self._options.speed,
            meta,
            of_study=self._options.bots is not None,
        )

    def _history(self) -> Iterator[Request]:
        """Requests that bring a new training process up to date."""
        if isinstance(self._options.scenario.dataset, WireConfig):
            yield AddRecords(tuple(self._submitted()))
            yield Exclude(tuple(self.run.engine.state.gold))
        yield self.run.label_log.all()
        yield Exclude(tuple(self.run.excluded))
        retraining = self.run.engine.retraining
        if retraining.version:
            yield RebuildModel(retraining.labels_used, retraining.version)

    def _submitted(self) -> Iterator[NewRecord]:
        records = self.run.records
        for number in range(len(records)):
            shown = records.record(RecordId(number), with_truth=False)
            yield NewRecord(shown.id, shown.text, shown.numbers)

    # -- serving --------------------------------------------------------------------------------

    async def until_over(self, server: Server) -> None:
        self.run_loop.peers, self.run_loop.waits_for_disk = server.peers, True
        helpers = [server.watch(), self._until_over(server)]
        if not self._options.headless:
            kept = f"the run is kept in {show(str(self._options.db))}"
            helpers.append(self._status(kept))
        await self.serve(*helpers)

    async def serve(self, *helpers: Coroutine[Any, Any, None]) -> None:
        """Serve until the loop is stopped, with helpers beside it."""
        own = [self.run.journal_feed.serve(self._clock.now)]
        if self.run.trainer is not None:
            own.append(self.run.trainer.run())
        async with self._beside(*own, *helpers):
            await self.run_loop.serve()

    async def write(self) -> None:
        await self.run_loop.write_tables()

    async def _until_over(self, server: Server) -> None:
        """Stop the loop once all clients have the end of the run."""
        loop = asyncio.get_running_loop()
        over_since: float | None = None
        while True:
            await asyncio.sleep(CHECK_EVERY)
            if not self.run.finished:
                continue
            over_since = loop.time() if over_since is None else over_since
            since = loop.time() - over_since
            hurry = HURRY if self.run_loop.draining else math.inf
            done = self._all_notified(server) and self._seen(since)
            late = since > min(hurry, self._options.linger)
            if (done or late) and not self.held:
                self.run_loop.stop()

    def _all_notified(self, server: Server) -> bool:
        """Whether all workers have left with a statement, and no model is being trained."""
        staying = any(peer.role != "operator" for peer in server.peers)
        if staying or self.run.engine.retraining.training:
            return False
        begun = self.run.engine.state.pool.workers
        return all(self.run.sessions.workers[worker].statement_sent for worker in begun)

    def _seen(self, since: float) -> bool:
        """Whether all screens have the last entry, or had time to ask for it."""
        return self.run.journal_feed.all_have(self.run.journal.seq) or since > SCREENS

    def _line(self) -> str:
        engine = self.run.engine
        seen = totals(engine, max(engine.now, self._clock.now()))
        budget = f"/{seen.budget}" if seen.budget else ""
        cost = money(sum(seen.cost.values()))
        accuracy = "" if seen.model.accuracy is None else f", model {seen.model.accuracy:.0%} right"
        return (
            f"{seen.now:8.1f} s  {seen.phase}: {seen.seated}/{seen.slots} seats, "
            f"{seen.reserve} in reserve, {seen.labels}{budget} labels, {cost}{accuracy}"
        )


def begin(
    options: Options, store: Store, records: Records, trainer: TrainerProcess | None
) -> Service:
    """Start a new run: write its meta data and plan its submissions."""
    secret = recovery.fresh_secret()
    meta = described(options.scenario) | records.meta | options.currency_meta
    meta |= {
        "dataset": records.name,
        CLASSES: msgspec.json.encode(records.classes).decode(),
        SECRET: secret.hex(),
        recovery.RECORDS_DIGEST: records.digest,
    }
    del meta["population"]  # known only to a simulation
    for key, value in meta.items():
        store.put(MetaRow(key, value))
    for note in records.notes:
        store.put(WarningRow(0.0, "dataset", note))
    run = _driver(options, store, store, records, secret, trainer, continued=False)
    return Service(
        options, store, run, RunClock(options.speed), _planned(options.scenario, records, 0)
    )


async def resume(
    options: Options,
    store: Store,
    records: Records,
    trainer: TrainerProcess | None,
    recovered: RecoveredRun,
) -> Service:
    """Continue a run from its file, with all workers disconnected."""
    replayed = Tables()
    run = _driver(options, store, replayed, records, recovered.secret, trainer, continued=True)
    run.sessions.restore(recovered.access)
    run.translator.drafts.restore(recovered.drafts)
    log = AnswerLog()
    if options.bots is not None:  # the study knows them
        for at, event in recovered.events:
            log.apply(at, event)
            if isinstance(event, WorkerJoined):
                run.sessions.add(event.worker, bot=label_of(event.worker) in options.bots)
    recovery.replay(recovered, run, replayed, store)
    store.must_end_at(recovered.journal.seq)
    at = recovery.time_of_disconnect(recovered, time.time(), options.speed, TICK)  # noqa: TID251  # a driver
    planned = _planned(options.scenario, records, run.engine.state.records.submitted)
    service = Service(options, store, run, RunClock(options.speed, at), planned)
    service.replies = log.replies
    recovery.disconnect_all(run, at)
    return service


def _driver(
    options: Options,
    store: Store,
    sink: Sink,
    records: Records,
    secret: bytes,
    trainer: TrainerProcess | None,
    *,
    continued: bool,
) -> EngineDriver:
    engine = Engine(options.scenario.run_config(records.classes))
    names = RecordNames(records.classes, records.ids, records.truth)
    key, made = _key(options, secret)
    if made and continued:
        say("clamshell: the key of this run's codes is not on this machine: all codes are new")
    sessions = ConnectedSessions(store.put, key)
    keys = AssignmentKeys(secret)
    return EngineDriver(
        engine,
        RunModel(sink, names),
        records,
        Translator(
            engine,
            records,
            keys,
            lambda worker: sessions.workers[worker].bot,
            Drafts(store.put),
        ),
        sessions,
        JournalFeed(store.journal),
        trainer,
        options.scenario.name,
    )


def _key(options: Options, secret: bytes) -> tuple[AccessKey, bool]:
    """Return the key of a run's codes, and whether it was made just now; a study has its own."""
    if options.bots is not None:
        return AccessKey(secret), False
    return open_key(options.key_folder or default_key_folder(), secret)


def _planned(scenario: Scenario, records: Records, submitted: int) -> Iterator[tuple[float, int]]:
    """The scenario's remaining submissions; none for records from the wire."""
    if isinstance(scenario.dataset, WireConfig):
        return
    requester = replace(scenario.requester, gold=len(records.gold))
    submitted = max(0, submitted - len(records.seeds))
    for at, count in submissions(requester, len(records) - len(records.seeds)):
        if submitted >= count:
            submitted -= count
        else:
            yield at, count
