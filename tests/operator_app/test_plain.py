"""The operator's screen on terminals that are not UTF-8."""

import pytest

from clamshell_tui.operator_app.pages import PAGES
from clamshell_tui.runfile.file_run import FileRun
from clamshell_tui.terminal.ascii_filter import encoding_of, why_plain
from tests.coordinator.wire import story
from tests.operator_app.screen import Loaded, Screen, screen


def written(shown: Screen) -> str:
    """What the terminal is sent: the picture after the filters."""
    app = shown.app
    strips = app.screen._compositor.render_strips()
    lines = []
    for segments in map(list, strips):
        for line_filter in app.get_line_filters():
            segments = line_filter.apply(segments, app.screen.styles.background)
        lines.append("".join(segment.text for segment in segments if not segment.control))
    return "\n".join(lines)


@pytest.mark.parametrize("page", [page.ID for page in PAGES])
def test_every_page_is_drawn_in_ascii_and_as_wide(kept: FileRun, page: str) -> None:
    @story
    async def looked_at() -> None:
        async with screen(Loaded(kept), plain="LANG=C is not UTF-8") as shown:
            shown.app.action_page(page)
            await shown.seek(kept.replica.end * 0.6)
            text = written(shown)
            assert text.isascii()
            assert {len(line) for line in text.splitlines()} == {120}
            assert "+-" in text
            if page != "timeline":  # there it marks an abandoned task
                assert text.count("?") == text.count("? Help"), "each sign has a substitute"
            await shown.press("x")
            assert written(shown).isascii()

    looked_at()


def test_a_latin_1_terminal_keeps_its_letters_and_gets_ascii_frames() -> None:
    environment = {"LANG": "de_DE.ISO-8859-1"}
    assert "ISO-8859-1" in why_plain(environment)
    assert encoding_of(environment, "iso8859-1") == "iso8859-1"
