"""Everything that must pass before a change is taken: ``python tests``.

Lint, format, types, import contracts, tests; the first failure ends it with its exit code.
Arguments go to pytest. The long runs are apart: ``python -m pytest -m slow``.

``python tests lowest`` runs the tests with the lowest versions that pyproject.toml allows, in an
environment of its own, ``.venv-lowest``, which it makes with this Python and pip.
"""

import os
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOWEST = ROOT / ".venv-lowest"
EXTRAS = ("test", "report", "parquet")
# They look at the code without running it, and need newer versions of what it runs with.
TOOLS = ("import-linter", "mypy", "ruff")
BIN = Path(sys.executable).parent
# Where bytecode is not kept, each of the many processes that tests start compiles everything anew.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

# Many tests wait for a process, a socket or a screen: one more than there are cores keeps all busy.
WORKERS = str((os.cpu_count() or 1) + 1)

PYTEST = ("-m", "pytest", "-n", WORKERS, "--dist", "worksteal", "-q")

Step = tuple[str, Sequence[Path | str]]
STEPS: tuple[Step, ...] = (
    ("lint", [BIN / "ruff", "check", "."]),
    ("format", [BIN / "ruff", "format", "--check", "."]),
    ("types", [BIN / "mypy"]),
    ("import contracts", [BIN / "lint-imports"]),
    ("tests", [sys.executable, *PYTEST]),
)


def main(arguments: Sequence[str]) -> int:
    """Run the steps in order, or the tests with the lowest versions."""
    if arguments[:1] == ["lowest"]:
        return run(lowest_steps(), arguments[1:])
    return run(STEPS, arguments)


def run(steps: Iterable[Step], arguments: Sequence[str]) -> int:
    """Run steps until one fails; ``arguments`` are for the tests. Return the exit code."""
    for name, command in steps:
        more = arguments if name == "tests" else []
        print(f"== {name}", flush=True)
        done = subprocess.run([*map(str, command), *more], cwd=ROOT, env=ENVIRONMENT, check=False)
        if done.returncode:
            print(f"== {name} failed (exit code {done.returncode})", flush=True)
            return done.returncode
    return 0


def lowest_steps() -> Iterator[Step]:
    """Make the environment, unless it has these versions already, and run the tests in it."""
    python = LOWEST / "bin" / "python"
    pins, made = lowest_versions(), LOWEST / "made-of.txt"
    if not made.exists() or made.read_text() != "\n".join(pins):
        venv.create(LOWEST, clear=True, with_pip=True)
        yield "lowest versions", [python, "-m", "pip", "install", "-q", *pins, "-e", str(ROOT)]
        made.write_text("\n".join(pins))
    yield "installed", [python, "-m", "pip", "freeze", "--exclude-editable"]
    yield "tests", [python, *PYTEST]


def lowest_versions() -> list[str]:
    """``numpy==1.26`` for each ``numpy>=1.26`` that the tests run with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = list(project["dependencies"])
    for extra in EXTRAS:
        required += project["optional-dependencies"][extra]
    bounds = [re.match(r"([\w.-]+)(?:\[\w+\])?[>=]=([\w.]+)", each) for each in required]
    assert all(bounds), "a requirement without a lower bound"
    return [f"{each[1]}=={each[2]}" for each in bounds if each and each[1] not in TOOLS]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
