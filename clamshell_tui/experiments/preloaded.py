"""Loaded once by the server that worker processes are forked from; see ``processes.py``.

One BLAS thread before numpy is there: a process with threads must not be forked.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

from clamshell_tui.experiments.processes import one_thread  # noqa: E402

one_thread()
