"""Known answers among the records of a run: gold, and the parts of it with one purpose only."""

from collections.abc import Mapping

from clamshell_tui.core.events import KnownUse
from clamshell_tui.core.ids import ClassIndex, RecordId


class KnownAnswers(dict[RecordId, ClassIndex]):
    """Class by record. Records of a use are disjoint; those without one serve any purpose."""

    def __init__(self) -> None:
        super().__init__()
        self._by_use: dict[KnownUse, list[RecordId]] = {}
        self._others: list[RecordId] = []

    def add(
        self, answers: Mapping[RecordId, ClassIndex], uses: Mapping[RecordId, KnownUse]
    ) -> None:
        """Add known answers; ``uses`` may name a purpose of some of them."""
        self.update(answers)
        for record in answers:
            use = uses.get(record)
            (self._others if use is None else self._by_use.setdefault(use, [])).append(record)

    def serving(self, use: KnownUse) -> list[RecordId]:
        """Return the records of this use, or those without any if there is none. Do not change."""
        return self._by_use.get(use) or self._others
