"""The tables as they stand: each has its scenario, and says nothing that the scenario does not."""

import re

import pytest

from clamshell_tui.experiments.catalog import TABLES, chosen
from clamshell_tui.experiments.table import PaperTable, cells
from clamshell_tui.experiments.verdicts import paragraphs, reasons
from clamshell_tui.scenario.load import load_scenario
from clamshell_tui.scenario.presets import preset_settings
from clamshell_tui.scenario.shipped import of_the_paper

each_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def test_every_scenario_of_the_paper_has_a_table() -> None:
    assert set(of_the_paper()) == {name.lower() for name in TABLES}


@each_table
def test_every_arm_of_a_table_is_a_scenario(table: PaperTable) -> None:
    work = cells(table, of_the_paper()[table.id.lower()], range(1))
    assert len(work) == len(table.groups) * len(table.arms)
    assert {row.arm for row in table.rows} <= set(table.arms)
    assert {row.baseline for row in table.rows} <= {*table.arms, ""}
    assert set(table.beside) < set(table.groups)


@each_table
def test_ratios_have_a_baseline(table: PaperTable) -> None:
    if any(column.ratio for column in table.columns):
        assert all(row.baseline for row in table.rows)


@each_table
def test_the_scenario_tells_what_the_paper_did_and_expects_something(table: PaperTable) -> None:
    path = of_the_paper()[table.id.lower()]
    title, paper, *rest = paragraphs(path)
    assert re.fullmatch(r".+\((section 4\.\d|section 6\.\d).*\)\.", title)
    assert paper.startswith("The paper ")
    assert any(f"clamshell paper {table.id}" in text for text in rest)
    scenario = load_scenario(path)
    assert scenario.preset == "paper"
    assert scenario.description
    assert scenario.expect
    assert max(map(len, path.read_text("utf-8").splitlines())) <= 100


@each_table
def test_only_columns_with_a_claim_of_the_paper_have_a_reason_to_differ(table: PaperTable) -> None:
    claimed = {column.name for column in table.columns if column.paper}
    assert set(reasons(of_the_paper()[table.id.lower()])) <= claimed


@each_table
def test_claims_are_of_rows_that_are_there(table: PaperTable) -> None:
    for column in table.columns:
        assert set(column.paper) <= {"", *(row.name for row in table.rows)}
        assert all(claim.low <= claim.high for claim in column.paper.values())


def test_the_preset_leaves_no_policy_to_our_defaults() -> None:
    """Where the engine has alternatives, the paper's tables use the paper's."""
    from clamshell_tui.core.settings import POLICIES

    settled = {setting.partition("=")[0] for setting in preset_settings("paper")}
    ours = {"maintenance.objective", "learning.selector"}  # what is done, not how
    assert {".".join(key) for key in POLICIES} - settled == ours


def test_tables_are_chosen_in_any_case_and_once() -> None:
    first = next(iter(TABLES.values()))
    assert chosen([first.id.lower(), first.id]) == [first]
    assert chosen([]) == list(TABLES.values())
