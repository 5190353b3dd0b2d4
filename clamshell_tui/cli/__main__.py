"""``python -m clamshell_tui.cli``: the command line without a script on the PATH."""

import sys

from clamshell_tui.cli import main

sys.exit(main())
