"""Report of a bug of ours: one line for the user, the traceback in a log file."""

import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_log_path


def told(error: Exception) -> str:
    """Write the traceback to a log file; return the line for the user."""
    last = (str(error).strip() or "no details").splitlines()[0]
    what = f"{type(error).__name__}: {last}"
    try:
        log = _log(error)
    except OSError:
        return f"{what}. This is a bug in clamshell, and its traceback could not be written"
    return f"{what}. This is a bug in clamshell; please report it with {log}"


def _log(error: Exception) -> Path:
    try:
        folder = user_log_path("clamshell", appauthor=False, ensure_exists=True)
    except OSError:
        folder = Path(tempfile.gettempdir())
    now = datetime.now(UTC)  # noqa: TID251  # a log of the machine's own time, not of a run's
    log = folder / f"crash-{now:%Y%m%dT%H%M%S.%f}.log"
    command = " ".join(sys.argv)
    log.write_text(f"{command}\n\n{''.join(traceback.format_exception(error))}", "utf-8")
    return log
