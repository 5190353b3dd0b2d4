"""Who worked on what, when: the paper's figure 13, live."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from clamshell_tui.operator_app.pages.page import Page
from clamshell_tui.operator_app.pages.task_story import TaskStory
from clamshell_tui.operator_app.pages.timeline_source import TimelineSource
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Gantt

_STORY_FROM = 30  # lines of the terminal, so that the story does not squeeze the timeline


class TimelinePage(Page):
    """A selected bar's story is told below."""

    ID: ClassVar[str] = "timeline"
    TITLE: ClassVar[str] = "Timeline"
    DEFAULT_CSS = """
    TimelinePage { layout: vertical; }
    TimelinePage #bars { height: 1fr; }
    TimelinePage TaskStory { height: 9; }
    TimelinePage.-short TaskStory { display: none; }
    TimelinePage.-short.-told TaskStory { display: block; height: 7; }
    """

    _view: View | None = None
    _source: TimelineSource | None = None

    def compose(self) -> ComposeResult:
        """The bars, and the story of one of them."""
        yield Gantt(
            empty="no assignment yet: each one will be a bar here, from the moment it is sent",
            id="bars",
            classes="box",
        )
        yield TaskStory(id="story", classes="box")

    @property
    def gantt(self) -> Gantt:
        """The bars."""
        return self.query_one(Gantt)

    def entered(self) -> None:
        """Keys are for the bars."""
        self.gantt.focus()

    def on_resize(self, event: events.Resize) -> None:
        """In a small terminal the story comes when there is one to tell."""
        self.set_class(self.app.size.height < _STORY_FROM, "-short")

    def show(self, view: View) -> None:
        """Draw the bars that there were; what was active then is drawn so."""
        self._view = view
        if self._source is None:
            self._source = TimelineSource(view.source)
        self._source.look_at(view)
        zoom = "following" if self.gantt.follows else "f follows"
        self.gantt.entitle("Timeline", f"+ - zoom, a all, {zoom}, arrows select")
        self.gantt.update(self._source, view.at)
        self._tell()

    def on_gantt_selected(self, message: Gantt.Selected) -> None:
        """Another bar: another story."""
        self.set_class(message.bar is not None, "-told")
        self._tell()

    def _tell(self) -> None:
        if self._view is not None:
            bar = self.gantt.selected
            self.query_one(TaskStory).tell(self._view, None if bar is None else int(bar.link))
