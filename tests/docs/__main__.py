"""Write the generated parts of the documentation.

::

    python -m tests.docs write      # the reference pages, from the code
    python -m tests.docs pictures   # the screenshots, from the real screens
"""

import sys
from collections.abc import Sequence

from clamshell_tui.cli.help import HANDBOOK
from tests.docs.pages import GENERATED


def main(arguments: Sequence[str]) -> int:
    """Run the command named; exit code 2 if there is none of that name."""
    if arguments == ["write"]:
        for name, made in GENERATED.items():
            (HANDBOOK / name).write_text(made(), encoding="utf-8")
        return 0
    if arguments == ["pictures"]:
        from tests.docs.pictures import take_all

        take_all(HANDBOOK)
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
