"""``python -m clamshell_tui.cli``: the command where it is not on the PATH."""

import sys

from clamshell_tui.cli import main

sys.exit(main())
