"""Simulated runs kept in files, for tests that look at them."""

from pathlib import Path

from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.simulator.run_scenario import run_scenario


def simulated(folder: Path, story: str, *settings: str) -> Path:
    """The file, in this folder, of a run of this scenario; the folder is the scenario's too."""
    path = folder / "run.db"
    scenario = parse_scenario(story, "story.toml", settings, default_name="story")
    run_scenario(scenario, folder, out=path)
    return path


def loaded(path: Path) -> FileRun:
    """The run of a file, told in full; the file is closed again."""
    with open_run(path) as file:
        run = FileRun(file)
        for _ in run.load():
            pass
    return run
