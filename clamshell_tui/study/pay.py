"""What a participant is owed. Integer micros of the study's currency, each row with a reason.

The rules are applied in this order:

1. Earned by rule: the show-up fee, the time in gates and paid stages, and from the engine the
   records and the waiting; then each bonus of the study whose condition is fulfilled.
2. ``maximum`` limits the sum of these. It shortens the bonus first, then the waiting, then the
   stages; never the show-up fee and the records, so a total can be above it.
3. ``top_up`` lifts that to ``hourly_floor``, for the time from consent to the end without absence,
   and to ``minimum``. It comes after the maximum, which must not undo it.
4. Whatever operators added comes on top, so that it always reaches the participant.
5. The total is rounded up, once.

Who did not consent has no top-up. A participant who withdraws, drops out, fails the qualification
or is evicted is paid by the same rules. Nothing is deducted, and checks matter only to a bonus.
Bots are never paid.
"""

from collections.abc import Mapping
from math import ceil, fsum

from msgspec import Struct, structs

from clamshell_tui.participant_texts import Coins, Figure, Sentence
from clamshell_tui.study.bonus import parse_bonus
from clamshell_tui.study.people import Person
from clamshell_tui.study.plan import PayRules, Plan, coin

_SHORTENED = ("bonus", "waiting", "stages")
_UNPAID = ("work", "debrief")  # kinds of stages: the engine pays the one, the end pays nothing


class Earned(Struct, frozen=True):
    """Pay from the ledger of the engine, in micros."""

    records: int = 0
    waiting: int = 0


class PayRow(Struct, frozen=True):
    """A row of a statement; ``reason`` is an operator's own if it is a text.

    It is empty where ``kind`` says it all.
    """

    kind: str
    micros: int
    reason: Sentence | str = ""


class PayStatement(Struct, frozen=True):
    """Rows with an amount, in the order of the rules, and their sum."""

    rows: tuple[PayRow, ...]
    total: int
    currency: str

    def of(self, kind: str) -> int:
        """Return the sum of the rows of one kind: a column of ``pay.csv``."""
        return sum(row.micros for row in self.rows if row.kind == kind)


def in_coins(pay: PayStatement) -> PayStatement:
    """Return a statement for people to read: rows in whole coins, with the same total.

    A row differs by less than a coin, and is left out if nothing remains of it. One that was in
    whole coins before is unchanged.
    """
    unit, exact, shown = coin(pay.currency), 0, 0
    rows = []
    for row in pay.rows:
        exact += row.micros
        whole = exact // unit * unit - shown
        shown += whole
        rows.append(structs.replace(row, micros=whole))
    return structs.replace(pay, rows=tuple([row for row in rows if row.micros]))


KINDS = ("show_up", "stages", "records", "waiting", "bonus", "top_up", "correction", "rounding")
"""Kinds of rows: the columns of ``pay.csv``."""


def statement(
    plan: Plan, person: Person, earned: Earned, now: float, *, bots_too: bool = False
) -> PayStatement:
    """Return the pay of a participant: up to ``now`` while under way, else in all.

    ``bots_too`` is for rehearsals, which show what people would get.
    """
    rules = plan.pay
    if person.arrived_at is None or (person.bot and not bots_too):
        return PayStatement((), 0, rules.currency)
    rows = _rows(plan, person, earned, now)
    total = sum(row.micros for row in rows)
    rounded = -(-total // rules.round_up_to) * rules.round_up_to
    rows.append(PayRow("rounding", rounded - total))
    return PayStatement(tuple([row for row in rows if row.micros]), rounded, rules.currency)


def so_far(
    plan: Plan, person: Person, earned: Earned, now: float, waiting: int, *, bots_too: bool = False
) -> tuple[int, int]:
    """Return the pay that is shown to who is under way, and its growth a minute; both in micros.

    It never falls. So it lacks what is taken back while it grows: the rounding, and a bonus, whose
    condition may hold only for now. ``waiting`` is what the engine pays a minute; a top-up or the
    maximum can keep the pay from growing by as much, so the growth is that of the next minute or
    of the next hour, whichever is less. Once the pay is complete it is the total.
    """
    if person.outcome or person.arrived_at is None or (person.bot and not bots_too):
        return statement(plan, person, earned, now, bots_too=bots_too).total, 0
    plan = structs.replace(plan, pay=structs.replace(plan.pay, bonus=()))

    def after(minutes: int) -> int:
        later = structs.replace(earned, waiting=earned.waiting + waiting * minutes)
        return sum(row.micros for row in _rows(plan, person, later, now + 60 * minutes))

    known = after(0)
    return known, min((after(minutes) - known) // minutes for minutes in (1, 60))


def _rows(plan: Plan, person: Person, earned: Earned, now: float) -> list[PayRow]:
    rules = plan.pay
    stages = stage_seconds(plan, person, now)
    time = Sentence("pay.minutes", {"minutes": _minutes(stages)})
    rows = [
        PayRow("show_up", rules.show_up),
        PayRow("stages", _up(stages * rules.per_minute / 60), time),
        PayRow("records", earned.records),
        PayRow("waiting", earned.waiting),
    ]
    values = figures(plan, person)
    rows += [
        PayRow("bonus", bonus.micros, rule.sentence)
        for bonus in rules.bonus
        if (rule := parse_bonus(bonus.condition)).holds(values)
    ]
    rows = _limited(rows, rules.maximum)
    if person.consented_at is not None or not plan.asks_consent:
        rows.append(_top_up(rules, sum(row.micros for row in rows), person.present(now)))
    for kind in ("bonus", "correction"):
        rows += [
            PayRow(kind, credit.micros, credit.reason)
            for credit in person.credits
            if credit.kind == kind
        ]
    return rows


def _limited(rows: list[PayRow], maximum: int | None) -> list[PayRow]:
    """Shorten rows until their sum is the maximum, the last ones of a kind first."""
    if maximum is None:
        return rows
    excess = sum(row.micros for row in rows) - maximum
    for kind in _SHORTENED:
        for place in reversed(range(len(rows))):
            if rows[place].kind == kind and excess > 0:
                cut = min(excess, rows[place].micros)
                rows[place] = PayRow(kind, rows[place].micros - cut, Sentence("pay.maximum"))
                excess -= cut
    return rows


def _top_up(rules: PayRules, earned: int, present: float) -> PayRow:
    floor = _up(rules.hourly_floor * present / 3600)
    if floor >= rules.minimum:
        amount = Coins(rules.hourly_floor, rules.currency)
        values = {"amount": amount, "minutes": _minutes(present)}
        return PayRow("top_up", max(0, floor - earned), Sentence("pay.hourly_floor", values))
    amount = Coins(rules.minimum, rules.currency)
    reason = Sentence("pay.minimum", {"amount": amount})
    return PayRow("top_up", max(0, rules.minimum - earned), reason)


def _up(micros: float) -> int:
    """Round up, but not for an error of the floats: a micro more can be a coin more."""
    return ceil(micros - 1e-6)


def _minutes(seconds: float) -> Figure:
    return Figure(f"{seconds / 60:.1f}")


def stage_seconds(plan: Plan, person: Person, now: float) -> float:
    """Return the time in gates and paid stages, without absence."""
    paid = [
        stage.kind == "gate" or (stage.paid and stage.kind not in _UNPAID) for stage in plan.stages
    ]
    times = [visit.seconds for visit in person.stages if paid[visit.stage]]
    if person.stage is not None and paid[person.stage] and person.connected:
        times.append(max(0.0, now - person.counted_until))
    return fsum(times)


def figures(plan: Plan, person: Person) -> Mapping[str, float | None]:
    """Return what conditions of a bonus compare, by name; None for a share of nothing."""
    work = person.work
    asked, right = qualification(plan, person)
    return {
        "checks.accuracy": work.checks_right / work.checks_asked if work.checks_asked else None,
        "qualified.accuracy": right / asked if asked else None,
        "records": float(work.records),
        "minutes": person.work_seconds / 60,
    }


def qualification(plan: Plan, person: Person) -> tuple[int, int]:
    """Return how many records of the qualification a participant tried, and how many right."""
    answers = {each.record: each.answer for each in plan.qualification}
    stages = [n for n, stage in enumerate(plan.stages) if stage.kind == "qualification"]
    asked = sum(len(person.tried.get(stage, {})) for stage in stages)
    return asked, sum(person.first_right(stage, answers) for stage in stages)
