"""What all pages are.

The few signs that the pages share, in the set that the terminal knows.
"""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from textual.containers import Container

from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.style import Glyphs


class Page(Container):
    """A page; only the one that is seen is told to :meth:`show`, up to ten times a second."""

    ID: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""

    @abstractmethod  # mypy sees to it: Textual's metaclass rules out ABC
    def show(self, view: View) -> None:
        """Draw this moment. Widgets compare, so what did not change costs nothing."""

    def entered(self) -> None:
        """The page is seen from now on: give the focus to what keys are for."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Every sign is one cell wide."""

    active: str  # selected by uncertainty
    passive: str  # selected at random
    right: str
    wrong: str
    times: str
    waits: str
    working: str
    stress: str  # an eviction, a warning
    order: str
    curve: str  # a bit of a line


@cache
def signs_of(glyphs: Glyphs) -> Signs:
    """Those that go with the signs of the widgets."""
    active, passive = glyphs.markers[1], glyphs.markers[7]
    if glyphs.braille:
        return Signs(active, passive, "✓", "✗", "×", "·", "»", "▲", "■", "⠒")  # noqa: RUF001
    return Signs(active, passive, "+", "!", "x", ".", ">", "!", "*", "-")
