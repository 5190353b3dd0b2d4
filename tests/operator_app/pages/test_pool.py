"""The Pool page says on what evidence a worker went, in the unit of that evidence."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from clamshell_tui.core.ids import WorkerId
from clamshell_tui.core.lifeguard.latency import LATENCY_ESTIMATORS
from clamshell_tui.core.lifeguard.objectives import OBJECTIVES
from clamshell_tui.formats import assessed, money
from clamshell_tui.operator_app.pages.pool_rows import (
    COLUMNS,
    PoolRow,
    columns_of,
    former_row,
    present_row,
)
from clamshell_tui.runfile.file_run import FileRun
from tests.coordinator.wire import story
from tests.kept import loaded, simulated
from tests.operator_app.screen import Loaded, screen

SEVERAL = """\
seed = 3
dataset = {kind = "generated", records = 900}
requester.gold = 20
crowd.population = "live"
crowd.behaviours.spammer = 0.5
pool = {size = 6, reserve = 4}
recruitment.every = 10.0
qualification.enabled = false
quality.gold_share = 0.4
learning.enabled = false
"""
EVIDENCE = {
    "quality": ("maintenance = {objective = 'quality', min_accuracy = 0.8}", r"\d+% right", "-"),
    "variance": (
        "maintenance = {objective = 'variance', max_deviation = 2.0}",
        r"deviation \d+\.\d s a label",
        "-",
    ),
    "termest": (
        "maintenance = {threshold = 4.0, latency_estimator = 'termest'}",
        r"\d+\.\d s a label",
        "termest",
    ),
    "censored": ("maintenance.threshold = 4.0", r"\d+\.\d s a label", "censored"),
}


@pytest.mark.parametrize("name", EVIDENCE)
@story
async def test_the_evidence_has_its_unit_and_an_estimate_stands_under_its_estimator(
    name: str, tmp_path: Path
) -> None:
    settings, why, column = EVIDENCE[name]
    kept = loaded(simulated(tmp_path, f"{SEVERAL}{settings}\n"))
    evicted = {each.worker: each for each in kept.replica.history.evictions}
    gone = [each for each in kept.replica.history.gone if each.id in evicted]
    assert gone
    async with screen(Loaded(kept), (160, 48), page="pool") as shown:
        view = shown.app.view()
        texts = {each.key: each for each in COLUMNS}
        for worker in gone:
            row = former_row(worker, view.history, view)
            assert re.fullmatch(why, row.why)
            owed = kept.replica.engine.state.pool.workers[WorkerId(worker.id)].owed
            assert row.seen.owed_micros == owed // 1000 * 1000
            for key in ("termest", "censored"):
                value = f"{evicted[worker.id].estimate:.1f}" if key == column else "-"
                assert texts[key].text(row) == value
        line = next(line for line in shown.lines if gone[-1].id in line)
        assert money(owed) in line
        above = "eviction below 80% right" if name == "quality" else "eviction above"
        assert above in shown.text


HASTY = """\
seed = 1
dataset = {kind = "generated", records = 400}
requester.gold = 20
pool = {size = 4, reserve = 0}
qualification.enabled = false
learning.enabled = false
[crowd]
population = "fast-local"
[[crowd.worker]]
behaviour = "instant-garbage"
at = 0.0
"""


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
@story
async def test_answers_too_fast_to_be_read_are_counted_beside_their_worker(
    size: tuple[int, int], tmp_path: Path
) -> None:
    kept = loaded(simulated(tmp_path, HASTY))
    hasty = kept.replica.engine.state.pool.workers[WorkerId("W1")]
    assert hasty.fast > 3
    async with screen(Loaded(kept), size, page="pool") as shown:
        (line,) = [line for line in shown.lines if "W1" in line and " gone " not in line][:1]
        assert f"!{hasty.fast}" in line
        assert shown.text.count("!") == 1
        if size[1] > 40:
            await shown.seek(6.0)
            shown.app.page.table.move_cursor("W1")  # type: ignore[attr-defined]  # it is the pool's
            await shown.drawn()
            assert re.search(r"(\d+) of \1 too fast to be read", shown.text)


@story
async def test_the_operator_is_asked_about_a_spammer_who_cannot_be_spared(tmp_path: Path) -> None:
    text = SEVERAL.replace("size = 6, reserve = 4", "size = 3, reserve = 0")
    text = text.replace("spammer = 0.5", "spammer = 1.0").replace("records = 900", "records = 200")
    maintenance = "maintenance = {objective = 'quality', min_accuracy = 0.8}\ntasks.votes = 3\n"
    kept = loaded(simulated(tmp_path, f"{text}{maintenance}"))
    warned = [each for each in kept.replica.history.log if "dismiss" in each.text]
    assert warned
    async with screen(Loaded(kept), (160, 48), page="pool") as shown:
        await shown.seek(warned[0].at + 1.0)
        worker = warned[0].text.split()[0]
        assert f"dismiss {worker}" in shown.text


UNITS = {
    "latency": r"above 4\.0 s a label",
    "quality": r"below 80% right",
    "speed-quality": r"above score 1\.00",
    "variance": r"above deviation \d+\.\d s a label",
}


@pytest.mark.parametrize(
    ("objective", "estimator"),
    [
        *((objective, "censored") for objective in OBJECTIVES),
        *(
            pytest.param("latency", estimator, marks=pytest.mark.slow)
            for estimator in LATENCY_ESTIMATORS
            if estimator != "censored"  # of the others, termest is a case above
        ),
    ],
)
@story
async def test_every_objective_and_estimator_can_be_shown_on_every_page(
    objective: str, estimator: str, tmp_path: Path
) -> None:
    maintenance = (
        f"maintenance = {{objective = '{objective}', latency_estimator = '{estimator}', "
        "threshold = 4.0, min_accuracy = 0.8}\n"
    )
    kept = loaded(simulated(tmp_path, f"{SEVERAL.replace('= 900', '= 300')}{maintenance}"))
    evictions = kept.replica.history.evictions
    async with screen(Loaded(kept), (160, 48), page="pool") as shown:
        assert re.search(f"eviction {UNITS[objective]}", shown.text)
        for each in evictions[-3:]:
            assert assessed(objective, each.estimate) in shown.text
        reason = "over 4.0 s" if objective == "latency" else f"by {objective}"
        await shown.press("1")
        assert re.search(rf"evictions +{len(evictions)}  {reason}", shown.text)
        for page in "345":
            await shown.press(page)
            assert "Traceback" not in shown.text


@story
async def test_the_age_of_a_slow_task_fits_its_column(kept: FileRun) -> None:
    (column,) = [each for each in COLUMNS if each.key == "age"]
    assert column.spans is not None
    async with screen(Loaded(kept), page="pool") as shown:
        await shown.seek(kept.replica.end / 2)
        view = shown.app.view()
        rows = [present_row(card, view) for card in view.snapshot.workers]
    assert rows
    for seconds, text in ((59.0, "59 s"), (93.0, "1:33"), (3723.0, "1:02:03")):
        seen = replace(rows[0].seen, task=1, task_age=seconds)
        spans = column.spans(PoolRow(seen, None), column.minimum)
        written = "".join(part for part, _ in spans)
        assert text in written
        assert len(written) <= column.minimum


MACHINE = """\
seed = 4
dataset = {kind = "generated", classes = 3, records = 260}
requester.gold = 60
crowd.population = "live"
crowd.machine = [{name = "llm", accuracy = 0.95, price = 0.001}]
pool = {size = 4, reserve = 0}
machine.policy = "first"
learning.enabled = false
"""


@story
async def test_a_machine_stands_apart_from_the_people(tmp_path: Path) -> None:
    kept = loaded(simulated(tmp_path, MACHINE))
    async with screen(Loaded(kept), (160, 48), page="pool") as shown:
        await shown.seek(kept.replica.end * 0.8)
        (machine,) = shown.app.view().snapshot.machines
        assert machine.accepted > 20
        lines = shown.lines
        (section,) = [number for number, line in enumerate(lines) if "machines" in line]
        assert "1 machine" in lines[section]
        assert re.search(rf"M1 +.*llm: {machine.accepted} labels", lines[section + 1])
        shown.app.page.table.move_cursor("M1")  # type: ignore[attr-defined]  # it is the pool's
        await shown.drawn()
        assert f"{machine.right} of {machine.asked}" in shown.text
        await shown.press("5")
        await shown.reads("Spent so far", "machines")


@story
async def test_checks_stand_beside_the_gold_of_the_qualification(tmp_path: Path) -> None:
    checked = SEVERAL.replace("gold_share = 0.4", "checks_every = 10")
    kept = loaded(simulated(tmp_path, f"{checked}tasks.records_per_task = 5\n"))
    async with screen(Loaded(kept), (200, 48), page="pool") as shown:
        await shown.seek(kept.replica.end * 0.8)
        cards = [each for each in shown.app.view().snapshot.workers if each.checks_asked]
        assert cards
        assert all(card.gold_asked == 0 for card in cards)  # without a qualification
        await shown.reads("Checks")
        for card in cards:
            share = f"{card.checks_right / card.checks_asked:.0%}"
            lines = [line for line in shown.lines if re.search(rf"\b{card.worker} ", line)]
            assert any(share in line for line in lines), lines


@pytest.mark.parametrize(("currency", "title"), [("USD", "$/h"), ("EUR", "\u20ac/h")])
def test_the_hourly_wage_stands_under_the_currency(
    kept: FileRun, currency: str, title: str
) -> None:
    assert columns_of(kept.config, currency)[-1].title == title
