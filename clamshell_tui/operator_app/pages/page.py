"""What all pages are."""

from abc import abstractmethod
from typing import ClassVar

from textual.containers import Container

from clamshell_tui.operator_app.view import View


class Page(Container):
    """A page; only the one that is seen is told to :meth:`show`, up to ten times a second."""

    ID: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""

    @abstractmethod  # mypy sees to it: Textual's metaclass rules out ABC
    def show(self, view: View) -> None:
        """Draw this moment. Widgets compare, so what did not change costs nothing."""

    def entered(self) -> None:
        """The page is seen from now on: give the focus to what keys are for."""
