"""Named sets of settings."""

import pytest

from clamshell_tui.errors import ScenarioError
from clamshell_tui.scenario.load import as_toml, parse_scenario
from clamshell_tui.scenario.presets import PRESETS, preset_settings

PAPER = 'preset = "paper"\n'


def test_the_papers_preset_restores_the_papers_policies() -> None:
    found = parse_scenario(PAPER, "story.toml")
    assert found.straggler_mitigation.routing == "random"
    assert found.straggler_mitigation.max_duplicates == "unlimited"
    assert found.maintenance.latency_estimator == "termest"
    assert not found.maintenance.shrink
    assert parse_scenario("", "story.toml").maintenance.shrink
    assert found.tasks.batching == "barrier"


def test_a_key_of_the_file_wins_over_its_preset() -> None:
    text = f"{PAPER}[straggler_mitigation]\nmax_duplicates = 1\n"
    found = parse_scenario(text, "story.toml").straggler_mitigation
    assert (found.max_duplicates, found.routing) == (1, "random")


def test_as_a_setting_it_wins_over_the_file_and_a_later_setting_over_both() -> None:
    text = "[straggler_mitigation]\nmax_duplicates = 1\nrouting = 'oracle'\n"
    settings = ["preset=paper", "straggler_mitigation.routing=fewest-active"]
    found = parse_scenario(text, "story.toml", settings).straggler_mitigation
    assert (found.max_duplicates, found.routing) == ("unlimited", "fewest-active")


def test_a_scenario_as_run_stays_the_same_when_it_is_loaded_again() -> None:
    once = parse_scenario(f"{PAPER}[maintenance]\nlatency_estimator = 'empirical'\n", "story.toml")
    assert parse_scenario(as_toml(once), "again.toml") == once


def test_an_unknown_preset_is_refused_with_the_line_and_a_suggestion() -> None:
    with pytest.raises(ScenarioError, match=r'story.toml line 2: unknown preset "papre" \(did you'):
        parse_scenario('description = "x"\npreset = "papre"\n', "story.toml")
    with pytest.raises(ScenarioError, match="Known: paper"):
        preset_settings("")


def test_an_unknown_preset_in_a_setting_is_refused_with_the_setting() -> None:
    with pytest.raises(ScenarioError, match='setting preset=papre: unknown preset "papre"'):
        parse_scenario("", "story.toml", ["preset=papre"])


def test_a_preset_that_is_no_text_is_told_as_such() -> None:
    with pytest.raises(ScenarioError, match="preset"):
        parse_scenario("preset = 3\n", "story.toml")


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_fits_an_empty_scenario(name: str) -> None:
    assert parse_scenario(f'preset = "{name}"\n', "story.toml").preset == name
