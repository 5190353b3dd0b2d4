"""Everything that must pass before a change is taken: ``python tests``.

Lint, format, types, import contracts, tests; the first failure ends it with its exit code.
Arguments go to pytest. The long runs are apart: ``python -m pytest -m slow``.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

STEPS = (
    ("lint", [BIN / "ruff", "check", "."]),
    ("format", [BIN / "ruff", "format", "--check", "."]),
    ("types", [BIN / "mypy"]),
    ("import contracts", [BIN / "lint-imports"]),
    ("tests", [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "worksteal", "-q"]),
)


def main() -> int:
    """Run the steps in order."""
    for name, command in STEPS:
        arguments = sys.argv[1:] if name == "tests" else []
        print(f"== {name}", flush=True)
        code = subprocess.run([*map(str, command), *arguments], cwd=ROOT, check=False).returncode
        if code:
            print(f"== {name} failed (exit code {code})", flush=True)
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
