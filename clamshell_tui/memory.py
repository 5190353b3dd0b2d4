"""The memory that participants by ssh and browser need, each in a process of the client."""

from pathlib import Path

from clamshell_tui.errors import InputError

_GB = 1e9  # bytes
PER_SEAT = _GB / 24  # bytes; measured, see the handbook's page speed
_INFO = Path("/proc/meminfo")


def free_memory(info: Path = _INFO) -> float | None:
    """Return the bytes that programs may still use; None where the system does not say."""
    try:
        for line in info.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return None


def require_memory(seats: int, free: float | None, *, force: bool = False) -> None:
    """Raise InputError if ``seats`` clients do not fit into ``free`` bytes; None: not known."""
    needed = seats * PER_SEAT
    if free is not None and needed > free and not force:
        raise InputError(
            f"{seats} seats need about {needed / _GB:.1f} GB, {free / _GB:.1f} GB are free; use "
            "fewer, or --force"
        )
