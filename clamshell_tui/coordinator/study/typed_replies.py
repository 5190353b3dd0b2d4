"""Replies to a questionnaire that were typed and not sent yet, so that they outlive their seat.

They lie in ``sealed`` beside the answers, without a digest in the journal: nothing follows from
them. The answers replace them once they are sent, and an erasure takes them too.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from clamshell_tui.study.sealed import SealedRow, Value, seal
from clamshell_tui.wire.study_messages import GivenAnswer


class TypedReplies:
    """Keeps them by participant; ``keep`` stores rows in the study's file."""

    def __init__(self, keep: Callable[[Iterable[SealedRow]], None]) -> None:
        self._keep = keep
        self._values: defaultdict[tuple[str, int], dict[str, Value]] = defaultdict(dict)

    def restore(self, rows: Iterable[SealedRow]) -> None:
        """Restore those of a study's file; answers among them are not asked for any more."""
        for row in rows:
            self._values[row.participant, row.stage][row.question] = row.answer

    def note(self, participant: str, stage: int, question: str, value: Value) -> None:
        """Keep what stands in a question now; None: nothing."""
        self._values[participant, stage][question] = value
        self._keep([seal(participant, stage, question, value)])

    def of(self, participant: str, stage: int) -> tuple[GivenAnswer, ...]:
        """Return what was typed in a stage."""
        typed = self._values.get((participant, stage), {})
        return tuple([GivenAnswer(name, each) for name, each in typed.items() if each is not None])

    def clear(self, participant: str) -> None:
        """Forget them: they were sent, or are not wanted any more."""
        for place in [each for each in self._values if each[0] == participant]:
            del self._values[place]
