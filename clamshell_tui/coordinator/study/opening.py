"""Open a study: begin it in a new folder, or go on with it."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from functools import partial
from importlib import metadata
from math import inf
from pathlib import Path

from msgspec.structs import replace

from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.assemble import Options, Service
from clamshell_tui.coordinator.limits import RunClock
from clamshell_tui.coordinator.lock_file import LockFile
from clamshell_tui.coordinator.loop import TICK
from clamshell_tui.coordinator.serve import Coordinator, accepting, assembled, load_records
from clamshell_tui.coordinator.server import bind
from clamshell_tui.coordinator.sessions import ConnectedSessions, SeatKind
from clamshell_tui.coordinator.study.condition import RunningCondition
from clamshell_tui.coordinator.study.known_records import known_records
from clamshell_tui.coordinator.study.service import StudyOptions, StudyService, shown_name
from clamshell_tui.coordinator.study.stage_runner import StageRunner
from clamshell_tui.coordinator.study.study_driver import StudyDriver
from clamshell_tui.coordinator.study.study_loop import StudyLoop
from clamshell_tui.coordinator.trainer import TrainerProcess
from clamshell_tui.coordinator.trainer_messages import Loaded
from clamshell_tui.core.ids import RecordId
from clamshell_tui.errors import InputError
from clamshell_tui.formats import count
from clamshell_tui.open_files import allow_connections
from clamshell_tui.runfile.mark import mark_path
from clamshell_tui.study.access import id_path, study_key
from clamshell_tui.study.config import GateStage, WorkStage
from clamshell_tui.study.events import StartPlanned
from clamshell_tui.study.file import StudyFile
from clamshell_tui.study.load import Condition
from clamshell_tui.study.plan import Plan
from clamshell_tui.study.reader import StudyRun, is_study_folder, read_study, run_file
from clamshell_tui.study.records import StudyRecords, data_error, plan_of, require_enough
from clamshell_tui.study.schema import FILE, StudyMeta, run_fingerprint
from clamshell_tui.study.start_time import means, next_time
from clamshell_tui.text import show

_START_AT = "--start-at"  # in place of an operator's name
_MADE: dict[SeatKind, int] = {"seat": 0, "bot": 0}
"""Kinds of seats, all of which are there before the announcement."""


@asynccontextmanager
async def opened_study(options: StudyOptions) -> AsyncIterator[Coordinator[StudyService]]:
    """Open a study. The caller then awaits ``service.until_over``."""
    allow_connections(len(options.study.guests) + options.bots)
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(closing(bind(options.host, options.port)))
        lock = stack.enter_context(LockFile(options.db))
        lock.note(begun=is_study_folder(options.db) and not lock.never_begun)  # not by its slips
        service = await _Opening(options, lock, stack).service()
        yield await accepting(service, options, _MADE, listener, lock, stack)


class _Opening:
    def __init__(self, options: StudyOptions, lock: LockFile, stack: AsyncExitStack) -> None:
        self._options = options
        self._study = options.study
        self._lock = lock
        self._stack = stack
        self._loaded: dict[object, Loaded] = {}  # by what decides it

    async def service(self) -> StudyService:
        """Return the parts of the study; the stack gets all clean-ups."""
        study = self._study
        before = self._before()
        start = self._start(before)
        made = self._open_key()
        if made and before is not None:
            say("clamshell: the key of this study's codes is not on this machine: all are new")
        options = self._options = self._same_bots(before)
        services = [await self._condition(each) for each in study.conditions]
        records = services[0].run.records
        known = known_records(records)
        require_enough(study, known)
        runs = {
            each.name: run_fingerprint(service.run.translator.keys.secret.hex())
            for each, service in zip(study.conditions, services, strict=True)
        }
        file = self._file(before, known, records.classes, runs)
        at = 0.0 if before is None else _time_now(before, options.speed)
        sessions = self._sessions(file, before)
        driver = StudyDriver(file, sessions, study.name, options.bot_labels)
        loop = StudyLoop(driver, RunClock(options.speed, at))
        stages = StageRunner(
            driver,
            study.texts,
            records,
            _numbers(known),
            self._key,
            options.texts,
            loop.call,
            loop.now,
        )
        for condition, service in zip(study.conditions, services, strict=True):
            most = _most(file.meta.plan, condition.name)
            running = RunningCondition(condition.name, service, stages, most)
            running.awaited = partial(driver.itinerary.awaited_at_work, condition.name)
            stages.conditions[condition.name] = running
        why = {each.id: each.why for each in known.training}
        whole = StudyService(options, loop, stages, why, options.texts)
        if before is not None:
            stages.typed.restore(before.sealed)
            whole.catch_up(at)
        if start is not None:
            driver.apply(start, at)
        return whole

    def _open_key(self) -> bool:
        """Open the key of the codes; return whether it was made just now."""
        folder = self._options.db
        if not folder.exists():
            self._stack.callback(self._remove_unbegun_folder)
        self._key, made = study_key(folder, self._options.key_folder)
        return made

    def _before(self) -> StudyRun | None:
        """Return the study as its folder has it; None if it did not begin."""
        folder = self._options.db
        runs = [run_file(folder, each.name) for each in self._study.conditions]
        if self._lock.never_begun and folder.is_dir():
            (folder / FILE).unlink(missing_ok=True)  # of a coordinator that was killed at its start
            return None
        before = None
        if is_study_folder(folder):
            before = read_study(folder)
            self._study.require_unchanged(before.meta.digests, before.meta.overrides)
        for run in [each for each in runs if each.exists() == (before is None)]:
            there, missing = (run.name, FILE) if before is None else (FILE, run.name)
            raise InputError(
                f"{show(str(folder))} has {there} but no {missing}; restore it from a back-up, or "
                "use another folder"
            )
        return before

    def _start(self, before: StudyRun | None) -> StartPlanned | None:
        """Return the plan of ``--start-at``; None without it, or if it was made before.

        An operator may have set another time since, or none: the same command must not undo that.
        """
        typed, now = self._options.start_at, time.time()  # noqa: TID251  # a driver
        if not typed:
            return None
        gates = [n for n, stage in enumerate(self._study.stages) if isinstance(stage, GateStage)]
        if not gates:
            raise InputError(
                f"no gate can open at {typed} (--start-at): "
                f'add {{ kind = "gate", people = 8 }} to the stages of {self._study.path.name}'
            )
        if before is not None:
            facts = [entry.event for entry in before.entries]
            plans = [each for each in facts if isinstance(each, StartPlanned)]
            utcs = [each.utc for each in plans if each.operator == _START_AT]
            made = bool(utcs) and utcs[-1] is not None and means(typed, utcs[-1], now)
            if made or before.itinerary.gates[gates[0]].state != "closed":
                return None
        try:
            return StartPlanned(gates[0], next_time(typed, now), _START_AT)
        except ValueError as error:
            raise InputError(f"--start-at: {error}") from None

    def _same_bots(self, before: StudyRun | None) -> StudyOptions:
        """Return the options with as many bots as the study began with."""
        if before is None:
            return self._options
        bots = sum(row.kind == "bot" for row in before.access)
        if self._options.bots not in (0, bots):
            raise InputError(
                f"this study began with {count(bots, 'bot')}, not {self._options.bots} (--bots). "
                "Leave --bots out, or use another folder"
            )
        return replace(self._options, bots=bots)

    def _file(
        self,
        before: StudyRun | None,
        known: StudyRecords,
        classes: tuple[str, ...],
        runs: dict[str, str],
    ) -> StudyFile:
        folder, study = self._options.db, self._study
        if before is not None:
            for name, fingerprint in runs.items():
                if before.meta.runs.get(name) != fingerprint:
                    run = show(run_file(folder, name).name)
                    raise InputError(
                        f"{run} is the run of another study; restore it from a back-up, or use "
                        "another folder"
                    )
            file = StudyFile.open(folder)
        else:
            meta = StudyMeta(
                name=study.name,
                version=metadata.version("clamshell-tui"),
                began=time.time(),  # noqa: TID251  # a driver
                file=study.path.name,
                text=study.text,
                texts=dict(study.texts),
                sentences=dict(study.sentences.replaced),
                digest=study.digest,
                digests=dict(study.digests),
                overrides=study.overrides,
                classes=classes,
                letters={each.name: each.letter for each in study.conditions},
                runs=runs,
                plan=plan_of(study, known.training, known.qualification),
            )
            file = StudyFile.create(folder, meta)
            self._stack.callback(self._remove_unbegun, folder / FILE)
        self._stack.callback(file.close)
        return file

    def _remove_unbegun(self, path: Path) -> None:
        """Remove the file of a study that no client can know of."""
        if not self._lock.begun:
            path.unlink(missing_ok=True)
            mark_path(path).unlink(missing_ok=True)

    def _remove_unbegun_folder(self) -> None:
        """Remove the folder that was made for a study, unless it holds other files."""
        if not self._lock.begun:
            id_path(self._options.db).unlink(missing_ok=True)
            with suppress(OSError):
                self._options.db.rmdir()

    async def _condition(self, condition: Condition) -> Service:
        options, study = self._options, self._study
        scenario = condition.scenario
        pool = replace(
            scenario.pool,
            size=scenario.pool.size + options.bots,
            grace=inf,  # only the study gives up who is absent: the clocks of two files may differ
        )
        return await assembled(
            Options(
                scenario=replace(scenario, pool=pool),
                base=study.path.parent,
                db=run_file(options.db, condition.name),
                speed=options.speed,
                headless=True,
                limits=options.limits,
                bots=frozenset(options.bot_labels),
                shown_as=f"{study.name} {shown_name(study, condition)}",
                currency=study.payment.currency,
            ),
            self._lock,
            self._stack,
            self._load,
        )

    async def _load(
        self, options: Options, stack: AsyncExitStack
    ) -> tuple[TrainerProcess | None, Loaded]:
        """Load the records of a condition, once for all that have the same ones."""
        scenario = options.scenario
        key = scenario.dataset, scenario.requester, scenario.seed, scenario.quality.gold_share
        trainer = None
        if scenario.learning.enabled or key not in self._loaded:
            try:
                trainer, self._loaded[key] = await load_records(options, stack)
            except InputError as error:
                raise data_error(self._study, error) from error
        return trainer, self._loaded[key]

    def _sessions(self, file: StudyFile, before: StudyRun | None) -> ConnectedSessions:
        """Return the codes of all participants, as many as there are now."""
        sessions = ConnectedSessions(file.put_access, self._key, mark=":")
        if before is not None:
            sessions.restore(before.access)
            return sessions
        for guest in self._study.guests:
            sessions.new_seat("seat", guest.label)
        for label in self._options.bot_labels:
            sessions.new_seat("bot", label)
        return sessions


def _numbers(known: StudyRecords) -> dict[str, list[RecordId]]:
    return {
        "training": [RecordId(each.number) for each in known.training],
        "qualification": [RecordId(each.number) for each in known.qualification],
    }


def _most(plan: Plan, condition: str) -> int | None:
    """Return how many records a participant of a condition may answer."""
    limits = [
        stage.records
        for stage in plan.stages
        if isinstance(stage, WorkStage) and (not stage.only or condition in stage.only)
    ]
    known = [limit for limit in limits if limit is not None]
    return sum(known) if known and len(known) == len(limits) else None


def _time_now(before: StudyRun, speed: float) -> float:
    """Return the study's time at which connections were lost, in the participants' favour."""
    last = before.entries[-1].at if before.entries else 0.0
    since = time.time() - before.utc(last)  # noqa: TID251  # a driver
    return last + (since if 0.0 <= since <= TICK else TICK) * speed
