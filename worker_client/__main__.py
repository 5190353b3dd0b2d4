"""Entry point of ``clamshell-worker``."""

import sys


def main() -> None:
    """Say plainly that there is nothing to join yet; exit code 3, as for an unreachable server."""
    print(
        "clamshell-worker: error: this version has no live coordinator to join. "
        "Run a simulated crowd with: clamshell run quickstart",
        file=sys.stderr,
    )
    sys.exit(3)


if __name__ == "__main__":
    main()
