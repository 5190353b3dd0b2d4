"""Everything that must pass before a change is taken: ``python tests``.

Lint, format, types, import contracts, tests; the first failure ends it with its exit code.
Arguments go to pytest. The long runs are apart: ``python -m pytest -m slow``.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# Where bytecode is not kept, each of the many processes that tests start compiles everything anew.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

# Many tests wait for a process, a socket or a screen: one more than there are cores keeps all busy.
WORKERS = str((os.cpu_count() or 1) + 1)

STEPS = (
    ("lint", [BIN / "ruff", "check", "."]),
    ("format", [BIN / "ruff", "format", "--check", "."]),
    ("types", [BIN / "mypy"]),
    ("import contracts", [BIN / "lint-imports"]),
    ("tests", [sys.executable, "-m", "pytest", "-n", WORKERS, "--dist", "worksteal", "-q"]),
)


def main() -> int:
    """Run the steps in order."""
    for name, command in STEPS:
        arguments = sys.argv[1:] if name == "tests" else []
        print(f"== {name}", flush=True)
        done = subprocess.run(
            [*map(str, command), *arguments], cwd=ROOT, env=ENVIRONMENT, check=False
        )
        if done.returncode:
            print(f"== {name} failed (exit code {done.returncode})", flush=True)
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
