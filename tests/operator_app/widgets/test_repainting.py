"""Only cells that differ are painted again: the screen may stand at the end of a slow line."""

from collections.abc import Iterable

from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.line_widget import LineWidget, entitle
from clamshell_tui.operator_app.widgets.style import Palette
from clamshell_tui.operator_app.widgets.table_layout import Span, strip_of
from tests.operator_app.widgets.stage import play


class Noting(LineWidget):
    """Draws the given lines; ``painted`` are the regions that were to be painted again."""

    DEFAULT_CSS = "Noting { border: round red; padding: 0 1; height: 6; width: 40; }"

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[list[Span]] = []
        self.painted: list[Region] = []

    def draw(self, width: int, height: int, palette: Palette) -> list[Strip]:
        return [strip_of(spans, width, palette) for spans in self.spans]

    def refresh(self, *regions: Region, **options: bool) -> "Noting":
        self.painted += regions or ([Region(0, 0, 40, 6)] if self.is_mounted else [])
        return super().refresh(*regions, **options)

    def change(self, lines: Iterable[list[Span]]) -> list[Region]:
        self.spans, self.painted = list(lines), []
        self.redraw()
        return self.painted


def test_the_middle_of_a_line_is_painted_alone() -> None:
    noting = Noting()

    async def story(pilot: Pilot[None], _heard: object) -> None:
        name, age, rest = ("task 17 ", "text"), ("12 s", "good"), (" at work", "text")
        noting.change([[name, age, rest], [name]])
        assert noting.change([[name, age, rest], [name]]) == []
        assert noting.change([[name, ("13 s", "good"), rest], [name]]) == [Region(8, 0, 4, 1)]
        assert noting.change([[name, ("13 s", "bad"), rest], [name]]) == [Region(8, 0, 4, 1)]
        assert noting.change([[name], [name]])[0].x == 8

    play(noting, story)


def test_a_title_is_painted_without_its_widget() -> None:
    noting = Noting()

    async def story(pilot: Pilot[None], _heard: object) -> None:
        entitle(noting, "Pool", "3 of 5")
        await pilot.pause()
        noting.painted = []
        entitle(noting, "Pool", "3 of 5")
        assert noting.painted == []
        entitle(noting, "Pool", "4 of 5")
        assert noting.painted == [Region(-2, 4, 40, 1)]
        await pilot.pause()
        rows = [
            "".join(s.text for s in strip) for strip in pilot.app.screen._compositor.render_strips()
        ]
        assert "Pool" in rows[0]
        assert "4 of 5" in rows[5]

    play(noting, story)
