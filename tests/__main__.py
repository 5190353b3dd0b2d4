"""Everything that must pass before a change is taken: ``python tests``.

Lint, format, types, import contracts, tests; the first failure ends it with its exit code.
Meanwhile the tests are compiled on another core, once: else each of pytest's workers does it.
Arguments go to pytest. The long runs have a command of their own: ``python -m pytest -m slow``.

``python tests fast`` is for the time between two edits: the same checks, and the tests of the pure
packages in one process without plugins. It takes some 12 CPU seconds if mypy's cache is warm.

``python tests lowest`` runs the tests with the lowest versions that pyproject.toml allows. It makes
an environment for them, ``.venv-lowest``, with this Python and pip.
"""

import os
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOWEST = ROOT / ".venv-lowest"
EXTRAS = ("test", "report", "parquet")
# These read the code without running it, and need newer versions of its dependencies.
TOOLS = ("import-linter", "mypy", "ruff")
BIN = Path(sys.executable).parent
# Without kept bytecode, each of the many processes that tests start compiles everything again.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

# Many tests wait for a process, a socket or a screen: two more than there are cores keep all busy.
WORKERS = str((os.cpu_count() or 1) + 2)

PYTEST = ("-m", "pytest", "-n", WORKERS, "--dist", "worksteal", "-q")
# Packages without numpy, files, sockets and screens. Loading pytest's plugins (xdist, syrupy,
# Hypothesis's) takes longer than most of their tests, and none of these tests needs one.
PURE = ("tests/core", "tests/run", "tests/wire", "tests/workforce", "tests/test_text.py")
NO_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

Step = tuple[str, Sequence[Path | str]]
CHECKS: tuple[Step, ...] = (
    ("lint", [BIN / "ruff", "check", "."]),
    ("format", [BIN / "ruff", "format", "--check", "."]),
    ("types", [BIN / "mypy"]),
    ("import contracts", [BIN / "lint-imports"]),
)
TESTS: Step = ("tests", [sys.executable, *PYTEST])
COMPILE = (sys.executable, "-m", "pytest", "--collect-only", "-qq")  # fills caches
PURE_TESTS: Step = ("tests", [sys.executable, "-m", "pytest", "-q", *PURE])


def main(arguments: Sequence[str]) -> int:
    match arguments:
        case ["fast", *rest]:
            return run([*CHECKS, PURE_TESTS], rest, ENVIRONMENT | NO_PLUGINS)
        case ["lowest", *rest]:
            return run(lowest_steps(), rest)
    if arguments:
        return run([*CHECKS, TESTS], arguments)
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        COMPILE, cwd=ROOT, env=ENVIRONMENT, stdout=quiet, stderr=quiet
    ) as compiling:
        code = run(CHECKS)
        if code:
            compiling.kill()
    return code or run([TESTS])


def run(
    steps: Iterable[Step],
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] = ENVIRONMENT,
) -> int:
    """Run steps until one fails; ``arguments`` are for the tests. Return the exit code."""
    for name, command in steps:
        more = arguments if name == "tests" else []
        print(f"== {name}", flush=True)
        done = subprocess.run([*map(str, command), *more], cwd=ROOT, env=environment, check=False)
        if done.returncode:
            print(f"== {name} failed (exit code {done.returncode})", flush=True)
            return done.returncode
    return 0


def lowest_steps() -> Iterator[Step]:
    """Yield the steps that run the tests; make the environment first if its versions differ."""
    python = LOWEST / "bin" / "python"
    pins, made = lowest_versions(), LOWEST / "made-of.txt"
    if not made.exists() or made.read_text() != "\n".join(pins):
        venv.create(LOWEST, clear=True, with_pip=True)
        yield "lowest versions", [python, "-m", "pip", "install", "-q", *pins, "-e", str(ROOT)]
        made.write_text("\n".join(pins))
    yield "installed", [python, "-m", "pip", "freeze", "--exclude-editable"]
    yield "tests", [python, *PYTEST]


def lowest_versions() -> list[str]:
    """Return ``numpy==1.26`` for each ``numpy>=1.26`` that the tests run with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = list(project["dependencies"])
    for extra in EXTRAS:
        required += project["optional-dependencies"][extra]
    bounds = [re.match(r"([\w.-]+)(?:\[\w+\])?[>=]=([\w.]+)", each) for each in required]
    assert all(bounds), "a requirement without a lower bound"
    return [f"{each[1]}=={each[2]}" for each in bounds if each and each[1] not in TOOLS]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
