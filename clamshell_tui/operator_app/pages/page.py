"""What all pages are."""

from typing import ClassVar

from textual.containers import Container

from clamshell_tui.operator_app.view import View


class Page(Container):
    """A page; only the one that is seen is told to :meth:`show`, up to ten times a second."""

    ID: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""

    def show(self, view: View) -> None:
        """Draw this moment. Widgets compare, so what did not change costs nothing."""
        raise NotImplementedError

    def entered(self) -> None:
        """The page is seen from now on: give the focus to what keys are for."""
