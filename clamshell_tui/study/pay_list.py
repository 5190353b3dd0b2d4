"""The payment list of a study: what each participant is owed, and what was handed over."""

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.crowd_platform.work import WorkerState
from clamshell_tui.core.engine import Engine
from clamshell_tui.runfile.meta import unproven
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.runfile.run_copy import RunCopy, copy_of
from clamshell_tui.study.pay import Earned, PayStatement, statement
from clamshell_tui.study.reader import StudyRun, workers_of
from clamshell_tui.study.worker_ids import label_of

_AS_WAITING = (PayKind.WAITING, PayKind.TRAINING)


class PayLine(Struct, frozen=True):
    """A participant who arrived; ``outcome`` is empty while under way, amounts are in micros.

    ``paid_at`` is the date of the last payment, in seconds since 1970.
    """

    label: str
    outcome: str
    statement: PayStatement
    paid: int
    paid_at: float | None

    @property
    def owed(self) -> int:
        """Amount still to be paid."""
        return max(0, self.statement.total - self.paid)


def pay_list(study: StudyRun, earned: Mapping[str, Earned]) -> list[PayLine]:
    """Return the people who arrived, in the order of the guest list."""
    plan, itinerary, clock = study.meta.plan, study.itinerary, study.clock
    lines = []
    for person in itinerary.people.values():
        if person.bot or person.arrived_at is None:
            continue
        owed = statement(plan, person, earned.get(person.label, Earned()), itinerary.now)
        paid_at = clock.utc(person.payments[-1].at) if person.payments else None
        lines.append(PayLine(person.label, person.outcome, owed, person.paid_micros, paid_at))
    return lines


def read_earned(study: StudyRun) -> dict[str, Earned]:
    """Return the pay from the engines by label, from a replay of each run file.

    Raises as :func:`clamshell_tui.runfile.run_copy.copy_of`.
    """
    found: dict[str, Earned] = {}
    for arm in study.meta.plan.conditions:
        path = study.run_file(arm.name)
        workers_of(study.itinerary, study.entries, path)  # none is paid less for a lost file
        if path.exists():
            with open_run(path) as file, unproven(path):
                found |= earned_by(replayed(copy_of(file)))
    return found


def replayed(run: RunCopy) -> Engine:
    """Return the engine of a run after all its events."""
    engine = Engine(run.scenario.run_config(run.classes))
    for at, event in run.events:
        engine.handle(event, at)
    return engine


def earned_by(engine: Engine) -> dict[str, Earned]:
    """Return the pay by label, up to the time of the engine; training counts as waiting."""
    records: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for worker in engine.state.pool.workers.values():
        label = label_of(worker.id)
        for kind, micros in worker.earned.items():
            (waiting if kind in _AS_WAITING else records)[label] += micros
        if worker.paid_since is not None and worker.state is not WorkerState.TRAINING:
            since = max(0.0, engine.now - worker.paid_since)
            waiting[label] += engine.state.ledger.time(0.0, since)
    return {label: Earned(records[label], waiting[label]) for label in {*records, *waiting}}
