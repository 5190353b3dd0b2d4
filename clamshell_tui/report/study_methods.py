"""A study in a page of Markdown: what the methods section of a paper needs."""

from collections.abc import Iterator, Sequence

from clamshell_tui.formats import coin_decimals, duration, percent
from clamshell_tui.report.export_formats import iso
from clamshell_tui.report.receipts import amount
from clamshell_tui.report.study_export import ConditionData, StudyData
from clamshell_tui.report.study_history import stage_names
from clamshell_tui.study.pay_list import pay_list
from clamshell_tui.study.plan import MICROS, PayRules, coin
from clamshell_tui.study.randomisation import MULTIPLES
from clamshell_tui.study.summary import Flow, StudySummary, summarise


def methods(data: StudyData) -> str:
    """Return the page: dates, version, flow, randomisation, stages, checks, alpha and pay."""
    study = data.study
    meta, itinerary = study.meta, study.itinerary
    people = itinerary.people.values()
    found = summarise(meta.plan, people, data.earned, itinerary.now)
    first = min((p.arrived_at for p in people if p.arrived_at is not None), default=None)
    clock = study.clock
    ran = "Nobody has come yet to the study, which runs"
    if first is not None:
        until = iso(round(clock.utc(itinerary.now) * 1000))
        began = iso(round(clock.utc(first) * 1000))
        ran = f"The study ran from {began} to {until} (first arrival, last entry),"
    lines = [
        f"# {_plain(meta.name)}: methods",
        "",
        f"{ran} on CLAMShell {meta.version}; the files of the study have the "
        f"SHA-256 digest `{meta.digest}`."
        f"{'' if itinerary.finished else ' It was not over when this was written.'}",
        "Bots are not counted below, unless a line says so.",
        *_part("Flow of participants", _flow(found)),
        "Each number includes those after it; below them is how the study ended for those who "
        "came. Who had no condition yet is in the column before the conditions.",
        *_part("Randomisation", _randomisation(data)),
        *_part("Stages", _stages(data, found)),
        *_part("Work", _work(data)),
        *_part("Pay", _pay(data, found)),
    ]
    return "\n".join(lines) + "\n"


def _part(title: str, lines: Iterator[str]) -> list[str]:
    return ["", f"## {title}", "", *lines, ""]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    header, *others = rows
    for row in (header, ["---"] * len(header), *others):
        yield f"| {' | '.join(row)} |"


def _flow(found: StudySummary) -> Iterator[str]:
    flows = [found.total, *found.flows]
    names = ["all", "no condition yet", *[_plain(each.condition) for each in found.flows[1:]]]
    rows = [["", *names]]
    rows += [
        [field.replace("_", " "), *[str(getattr(each, field)) for each in flows]]
        for field in Flow.__struct_fields__[1:]
    ]
    yield from _table(rows)


def _randomisation(data: StudyData) -> Iterator[str]:
    plan = data.study.meta.plan
    if len(plan.conditions) == 1:
        yield "There is one condition."
        return
    weights = sum(arm.weight for arm in plan.conditions)
    sizes = " or ".join([str(weights * each) for each in MULTIPLES])
    letters = data.study.meta.letters
    arms = [
        f"{_plain(arm.name)} (weight {arm.weight}, {letters.get(arm.name, '-')} on screens)"
        for arm in plan.conditions
    ]
    preset = sum(guest.condition is not None for guest in plan.guests)
    yield (
        f"Participants were assigned to {', '.join(arms)} in permuted blocks of {sizes}, by the "
        f"seed {plan.seed}, when they entered the first stage that differs. The guest list set "
        f"the condition of {preset}. Bots had a stream of their own."
    )


def _stages(data: StudyData, found: StudySummary) -> Iterator[str]:
    names = stage_names(data.study.meta.plan)
    rows = [["stage", "visits", "median", "longest"]]
    rows += [
        [names[each.stage], str(each.visits), duration(each.median), duration(each.longest)]
        for each in found.stages
    ]
    yield from _table(rows)


def _work(data: StudyData) -> Iterator[str]:
    header = ["condition", "labels", "answers", "checks asked", "checks right", "alpha"]
    yield from _table([header, *[_condition(each) for each in data.conditions]])
    yield ""
    yield (
        "Answers are votes, those of bots included; alpha is Krippendorff's, over all answers to "
        "the records to be labelled. Checks are known answers among the work; no participant met "
        "one twice, and none was shown in training or qualification."
    )


def _condition(data: ConditionData) -> list[str]:
    state = data.found.engine.state
    workers = state.pool.workers.values()
    asked = sum(worker.checks_asked for worker in workers)
    right = sum(worker.checks_right for worker in workers)
    alpha = state.election.agreement.alpha
    return [
        _plain(data.name),
        str(len(data.found.tables.labels)),
        str(sum(1 for _ in data.found.tables.work_answers)),
        str(asked),
        percent(right / asked) if asked else "-",
        "-" if alpha is None else f"{alpha:.3f}",
    ]


def _pay(data: StudyData, found: StudySummary) -> Iterator[str]:
    rules = data.study.meta.plan.pay
    yield from _rules(rules)
    lines = pay_list(data.study, data.earned)
    paid = sum(line.paid for line in lines)
    yield ""
    yield (
        f"{len(lines)} participants were owed {_money(found.owed, rules)} in all, of "
        f"which {_money(paid, rules)} were noted as paid."
    )
    if found.per_hour is not None and found.per_hour_least is not None:
        middle, least = (
            _money(round(each), rules) for each in (found.per_hour, found.per_hour_least)
        )
        yield (
            f"Per hour from consent to the end, without absence, that is {middle} at the median "
            f"and {least} at least."
        )


def _rules(rules: PayRules) -> Iterator[str]:
    for name, micros in (
        ("for coming", rules.show_up),
        ("per minute of gates and paid stages", rules.per_minute),
        ("per hour at least", rules.hourly_floor),
        ("in all at least", rules.minimum),
        ("in all at most, before top-ups and additions by operators", rules.maximum),
        ("rounded up to", rules.round_up_to),
    ):
        if micros:
            yield f"- {name}: {_money(micros, rules)}"
    for bonus in rules.bonus:
        yield f"- bonus if `{bonus.condition}`: {_money(bonus.micros, rules)}"


def _money(micros: int, rules: PayRules) -> str:
    exact = micros % coin(rules.currency) == 0
    places = coin_decimals(rules.currency) if exact or micros > MICROS else 6
    return f"{amount(micros, places)} {rules.currency}"


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
