"""Labels in the order of delivery, for requesters and for the trainer."""

from array import array
from collections.abc import Sequence

from clamshell_tui.coordinator.trainer_messages import AddLabels
from clamshell_tui.core.commands import DeliverLabels
from clamshell_tui.wire.requester_messages import Labelled


class LabelLog:
    """About 25 bytes per label; ``ids`` and ``classes`` give the names of records and labels."""

    def __init__(self, ids: Sequence[str], classes: Sequence[str]) -> None:
        self._ids = ids
        self._classes = classes
        self._records = array("i")
        self._labels = array("h")
        self._support = array("d")
        self._at = array("d")
        self._active = bytearray()

    def __len__(self) -> int:
        return len(self._records)

    def add(self, command: DeliverLabels, at: float) -> AddLabels:
        """Append delivered labels; return the same as a request to the trainer."""
        self._records.extend(command.records)
        self._labels.extend(command.labels)
        self._support.extend(command.support)
        self._at.extend([at] * len(command.records))
        self._active.extend(command.active)
        return AddLabels(command.records, command.labels, command.active)

    def since(self, first: int, most: int) -> tuple[Labelled, ...]:
        """Return at most ``most`` labels from number ``first`` on."""
        return tuple(
            Labelled(
                number,
                self._ids[self._records[number]],
                self._classes[self._labels[number]],
                self._support[number],
                self._at[number],
            )
            for number in range(first, min(len(self), first + most))
        )

    def all(self) -> AddLabels:
        """All labels, for a restarted trainer."""
        active = tuple(map(bool, self._active))
        return AddLabels(tuple(self._records), tuple(self._labels), active)
