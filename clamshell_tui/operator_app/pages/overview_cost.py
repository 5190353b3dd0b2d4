"""What the overview says of money, and of what was bought with it."""

from clamshell_tui.formats import count, money, percent, price
from clamshell_tui.operator_app.pages.truth import TruthCount
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import BarItem, Fact, Part

_KINDS = {
    "records": ("work", "green"),
    "terminated": ("terminated", "orange"),
    "waiting": ("waiting", "sky"),
    "training": ("training", "purple"),
    "partial": ("partial", "grey"),
}


def cost_parts(view: View) -> tuple[Part, ...]:
    """Micro-dollars by kind."""
    return tuple([Part(_name(kind), micros, _ink(kind)) for kind, micros in _costs(view)])


def cost_bars(view: View) -> list[BarItem]:
    """Dollars by kind."""
    return [
        BarItem(_name(kind), micros / 1e6, money(micros), _ink(kind))
        for kind, micros in _costs(view)
    ]


def worth_facts(view: View, truth: TruthCount) -> list[Fact]:
    """What the money bought."""
    run = view.frame.run
    total = sum(run.cost.values())
    facts = [
        Fact("a label", price(total / run.labels) if run.labels else "-"),
        Fact("a minute", price(total * 60.0 / run.now) if run.now > 0 else "-"),
    ]
    if truth.known:
        facts.append(Fact("right", percent(truth.accuracy), note=f"of {count(truth.known)}"))
    if run.agreement is not None:
        facts.append(Fact("agreement", f"{run.agreement:.2f}", note="alpha"))
    if run.set_aside:
        facts.append(Fact("set aside", count(run.set_aside), "vermilion", "records"))
    return facts


def _costs(view: View) -> list[tuple[str, int]]:
    cost = view.frame.run.cost
    known = [(kind, cost[kind]) for kind in _KINDS if cost.get(kind)]
    return known + [
        (kind, micros) for kind, micros in cost.items() if kind not in _KINDS and micros
    ]


def _name(kind: str) -> str:
    return _KINDS.get(kind, (kind, ""))[0]


def _ink(kind: str) -> str:
    return _KINDS.get(kind, ("", "grey"))[1]
