"""A study in figures: how many got how far, how long stages took, what an hour was paid."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from msgspec import Struct

from clamshell_tui.study.pay import Earned, statement
from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import Plan

_MICROS_AN_HOUR = 3600.0


class Flow(Struct, frozen=True):
    """How many participants of a condition got how far; each number includes those after it.

    Below them are how the study ended for those who arrived; ``under_way`` are the others.
    ``condition`` is empty for those who had none yet.
    """

    condition: str
    invited: int
    arrived: int
    consented: int  # in a study without consent: all who arrived
    qualified: int  # or entered what comes after; in a study without qualification: as consented
    worked: int
    completed: int
    declined: int
    not_qualified: int
    withdrawn: int
    dropped_out: int
    ended: int
    under_way: int


class StageTime(Struct, frozen=True):
    """Times of the visits of a stage that were left, in seconds without absence."""

    stage: int  # from 0
    kind: str
    visits: int
    median: float | None
    longest: float | None


class StudySummary(Struct, frozen=True):
    """Figures of a study. Pay is in micros of ``currency``, of those who took part."""

    flows: tuple[Flow, ...]  # by condition, first those without
    total: Flow
    stages: tuple[StageTime, ...]
    currency: str
    owed: int  # to all who arrived
    per_hour: float | None  # median
    per_hour_least: float | None


def summarise(
    plan: Plan,
    people: Iterable[Person],
    earned: Mapping[str, Earned],
    now: float,
    *,
    bots: bool = False,
) -> StudySummary:
    """Summarise a study up to ``now`` for people, or for ``bots`` as if they were paid.

    ``earned`` has, by label, the pay from the engines; those it lacks earned nothing there.
    """
    some = [person for person in people if person.bot == bots]
    names = ["", *(arm.name for arm in plan.conditions)]
    groups = {name: [each for each in some if (each.condition or "") == name] for name in names}
    owed, rates = 0, []
    for person in some:
        total = statement(
            plan, person, earned.get(person.label, Earned()), now, bots_too=bots
        ).total
        owed += total
        present = person.present(now)
        if present > 0 and took_part(plan, person):
            rates.append(total / present * _MICROS_AN_HOUR)
    return StudySummary(
        tuple([flow_of(plan, name, group) for name, group in groups.items()]),
        flow_of(plan, "", some),
        tuple(_times(plan, some)),
        plan.pay.currency,
        owed,
        median(rates) if rates else None,
        min(rates, default=None),
    )


def flow_of(plan: Plan, condition: str, people: Sequence[Person]) -> Flow:
    """Count how many of these people, who are of one condition, got how far."""
    arrived = [person for person in people if person.arrived_at is not None]
    consented = [person for person in arrived if took_part(plan, person)]
    outcomes = [person.outcome for person in arrived]
    return Flow(
        condition,
        len(people),
        len(arrived),
        len(consented),
        sum(_qualified(plan, person) for person in consented),
        sum(_visited(plan, person, "work") for person in consented),
        outcomes.count("completed"),
        outcomes.count("declined"),
        outcomes.count("not-qualified"),
        outcomes.count("withdrawn"),
        outcomes.count("dropped-out"),
        outcomes.count("ended"),
        outcomes.count(""),
    )


def took_part(plan: Plan, person: Person) -> bool:
    """Return whether a participant consented, or came to a study that does not ask."""
    return person.consented_at is not None or (
        person.arrived_at is not None and not plan.asks_consent
    )


def _qualified(plan: Plan, person: Person) -> bool:
    asks = any(stage.kind == "qualification" for stage in plan.stages)
    return not asks or person.qualified is True


def _visited(plan: Plan, person: Person, kind: str) -> bool:
    return any(plan.stages[visit.stage].kind == kind for visit in person.stages)


def _times(plan: Plan, people: Sequence[Person]) -> Iterable[StageTime]:
    for number, stage in enumerate(plan.stages):
        seconds = [
            visit.seconds
            for person in people
            for visit in person.stages
            if visit.stage == number and visit.left_at is not None
        ]
        middle = median(seconds) if seconds else None
        yield StageTime(number, stage.kind, len(seconds), middle, max(seconds, default=None))
