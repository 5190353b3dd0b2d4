"""The page of all benchmarks: it is written whole, also where a section fails."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks.__main__ import SECTIONS, Section, main


def test_a_section_that_fails_is_reported_and_the_others_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sections = {
        "good": Section("Good", "none", "Fast.", "commands", quick=("--help",)),
        "bad": Section("Bad", "none", "Slow.", "commands", quick=("--nonsense",)),
    }
    monkeypatch.setattr(benchmarks, "SECTIONS", sections)
    page = tmp_path / "speed.md"
    done = CliRunner().invoke(main, ["report", "--quick", "--out", str(page)])
    assert done.exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Speed: benchmarks and their results\n")
    assert "| load at the start |" in text
    assert "## Good\n\nFast. Beside it: none.\n" in text
    assert "Print every figure beside its target." in text
    assert "**Failed:** Error: No such option '--nonsense'" in text


def test_every_section_names_a_module_that_exists() -> None:
    folder = Path(__file__).parent / "benchmarks"
    assert all((folder / f"{section.module}.py").exists() for section in SECTIONS.values())


def test_a_section_measured_again_takes_its_place_in_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "speed.md"
    page.write_text("# Speed\n\n## Engine\n\nold engine\n\n## Start-up\n\nold start\n\n## Other\n")
    engine = SECTIONS["engine"]._replace(quick=("--help",))
    monkeypatch.setitem(SECTIONS, "engine", engine)
    done = CliRunner().invoke(main, ["report", "engine", "--quick", "--out", str(page)])
    assert done.exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "old engine" not in text
    assert text.index("## Engine") < text.index("## Start-up\n\nold start")
