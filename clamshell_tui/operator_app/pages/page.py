"""Base class and common glyphs of the pages."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from textual.containers import Container

from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets.style import Glyphs


class Page(Container):
    """A page; :meth:`show` is called up to ten times a second, and only while it is visible."""

    ID: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""
    ROWS: ClassVar[str] = ""  # rows that the filter applies to; empty: the page has none
    words = ""  # of the filter

    @abstractmethod  # checked by mypy: Textual's metaclass rules out ABC
    def show(self, view: View) -> None:
        """Draw this moment. Widgets compare, so unchanged data costs nothing."""

    @property
    def note(self) -> str:
        """The filter, for a title; empty without one."""
        return f', with "{self.words}"' if self.words else ""

    def entered(self) -> None:
        """Called when the page becomes visible: focus the widget that takes keys."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Glyphs of one cell each."""

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
    """The set that matches the glyphs of the widgets."""
    active, passive = glyphs.markers[1], glyphs.markers[7]
    if glyphs.braille:
        return Signs(active, passive, "✓", "✗", "×", "·", "»", "▲", "■", "⠒")  # noqa: RUF001
    return Signs(active, passive, "+", "!", "x", ".", ">", "!", "*", "-")
