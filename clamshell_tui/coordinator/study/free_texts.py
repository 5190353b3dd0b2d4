"""Free texts on records, such as comments and reasons of skips.

They lie in ``study.db``, where they can be erased; the run of a condition has their names only.
"""

from collections.abc import Callable

from msgspec import structs

from clamshell_tui.study.sealed import text_name
from clamshell_tui.wire.worker_messages import Answer, Draft, RecordDetail, Skip

Keep = Callable[[str, str], str]
"""Takes the name of a text and the text; returns what stands for it."""


def has_texts(message: Answer | Draft | Skip) -> bool:
    """Whether a participant wrote something."""
    match message:
        case Draft():
            return False
        case Skip(reason=reason) if reason:
            return True
        case _:
            return any(each.reason or each.comment for each in message.details)


def replace_texts(message: Answer | Skip, assignment: int, keep: Keep) -> Answer | Skip:
    """Return the message with what ``keep`` returns in place of each text."""

    def kept(place: int, what: str, text: str) -> str:
        return text and keep(text_name(assignment, place, what), text)

    def without(place: int, detail: RecordDetail) -> RecordDetail:
        reason = kept(place, "reason", detail.reason)
        return structs.replace(
            detail, reason=reason, comment=kept(place, "comment", detail.comment)
        )

    details = tuple([without(place, each) for place, each in enumerate(message.details)])
    if isinstance(message, Skip):
        reason = kept(0, "reason", message.reason)
        return structs.replace(message, reason=reason, details=details)
    return structs.replace(message, details=details)
