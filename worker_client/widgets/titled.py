"""A frame with words in it. Textual parses border titles as markup, unless they are Content."""

from textual.content import Content
from textual.widget import Widget

from clamshell_tui.text import show


class Titled(Widget):
    """A widget whose border says something."""

    _titles = ("", "")

    def entitle(self, above: str, below: str = "") -> None:
        """Put these words into the border; nothing is drawn anew when they are there already."""
        if (above, below) == self._titles:
            return
        self._titles = (above, below)
        self.border_title = Content(show(above))
        self.border_subtitle = Content(show(below))
