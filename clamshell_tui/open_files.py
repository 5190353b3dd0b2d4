"""The limit of open files, which every connection counts against."""

import resource
from contextlib import suppress

from clamshell_tui.errors import EnvironmentFaultError

_WANTED = 65_536
_OTHERS = 100  # files of a process that are no connections: the run, the trainer, libraries


def allow_connections(needed: int) -> int:
    """Raise the limit as far as it may be; return how many connections it leaves room for.

    Raises EnvironmentFaultError if ``needed`` of them do not fit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = hard == resource.RLIM_INFINITY
    wanted = _WANTED if unlimited else min(hard, max(_WANTED, needed + _OTHERS))
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    room = max(0, (_WANTED if soft == resource.RLIM_INFINITY else soft) - _OTHERS)
    if needed > room:
        raise EnvironmentFaultError(
            f"no room for {needed} connections: this machine allows {soft} open files, {_OTHERS} "
            f"of them for other things (ulimit -Hn). Raise that limit, or ask for fewer"
        )
    return room
