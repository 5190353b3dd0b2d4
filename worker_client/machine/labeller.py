"""Interface between a seat and the machine in it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from clamshell_tui.formats import count
from clamshell_tui.wire.parts import Record


class Work(NamedTuple):
    """The job, as the coordinator describes it to the seat."""

    classes: tuple[str, ...]
    instructions: str


class Identity(NamedTuple):
    """Which machine labels. Votes of one ``source`` count once; ``price_micros`` is per record.

    ``remote`` is the host to which records are sent if it is not this machine, else empty.
    """

    source: str
    revision: str = ""
    price_micros: int = 0
    remote: str = ""


class Labels(NamedTuple):
    """Classes by number, None where the machine abstains, and confidences from 0 to 1.

    ``whys`` are reasons, empty where none was given. ``cost_micros`` is the cost of this task; None
    if it is the price.
    """

    labels: tuple[int | None, ...]
    confidences: tuple[float | None, ...]
    whys: tuple[str, ...]
    cost_micros: int | None = None

    @staticmethod
    def none_of(n_records: int) -> "Labels":
        """Abstain on all records."""
        return Labels((None,) * n_records, (None,) * n_records, ("",) * n_records)


class Labeller(Protocol):
    """One machine.

    Both methods raise EnvironmentFaultError if it cannot go on.
    """

    async def run(self, work: Work, identified: Callable[[Identity], None]) -> None:
        """Keep the machine going until cancelled; call ``identified`` when it can label.

        ``identified`` is called again after a restart. May be run once.
        """
        ...

    async def label(self, records: Sequence[Record], seconds: float) -> Labels:
        """Label a task within so many seconds; abstain if that fails.

        One task at a time; cancelling the call withdraws the task.
        """
        ...

    def report(self) -> str:
        """Faults so far, in a few words; empty without any."""
        ...


def listed(*faults: tuple[int, str, str]) -> str:
    """``2 restarts, 1 timeout``, from numbers, nouns and irregular plurals; zeros are left out."""
    return ", ".join(count(number, noun, plural) for number, noun, plural in faults if number)
