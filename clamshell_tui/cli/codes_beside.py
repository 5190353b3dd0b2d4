"""Where a run that is served with a screen keeps its codes: for this user's other screens."""

from pathlib import Path


def codes_beside(run_file: Path) -> Path:
    """A file that only its owner can read, there for as long as the run is served."""
    return run_file.with_name(f"{run_file.name}-codes")
