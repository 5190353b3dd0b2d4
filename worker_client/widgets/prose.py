"""Data as text: line by line, harmless, and never parsed as markup."""

from clamshell_tui.text import show

BRIEF = 4000
"""Characters shown of a record at first; who wants more asks for the full text."""


def lines_of(text: str) -> str:
    """``text`` with its line breaks and without anything else that would act on a terminal."""
    return "\n".join(show(line) for line in text.replace("\r\n", "\n").split("\n"))


def brief(text: str) -> tuple[str, bool]:
    """The beginning of ``text``, and whether that is less than all of it."""
    return text[:BRIEF], len(text) > BRIEF
