"""``clamshell help``: pages of the handbook in a pipe and in the viewer."""

import asyncio
import re

import pytest

from clamshell_tui.cli import main
from clamshell_tui.cli.help import HANDBOOK, topics
from clamshell_tui.cli.help_screen import HandbookApp, PageViewer


def test_without_a_topic_the_pages_are_listed_with_their_titles(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(topics())
    assert any(re.fullmatch(r"settings +Reference: Settings", line) for line in lines)
    assert {page.stem for page in HANDBOOK.glob("*.md")} == set(topics())


@pytest.mark.parametrize("topic", topics())
def test_in_a_pipe_a_page_is_plain_text(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", topic]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# ")
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("typed", "meant"), [("setings", "settings"), ("session", "lab-session"), ("RUN", "run-file")]
)
def test_an_unknown_topic_is_one_line_with_a_suggestion(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["help", typed]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        f'clamshell: error: no page of the handbook is called "{typed}" (did you mean "{meant}"?). '
        "clamshell help lists the pages\n"
    )


def test_a_topic_like_no_other_has_no_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "xyzzy\x1b[2J"]) == 2
    assert "did you mean" not in (said := capsys.readouterr().err)
    assert "\x1b" not in said
    assert said.count("\n") == 1


def test_the_viewer_follows_links_between_pages_and_names_the_others() -> None:
    async def story() -> None:
        app = HandbookApp(HANDBOOK / "recovery.md")
        async with app.run_test() as pilot:
            await pilot.pause()
            viewer = app.query_one(PageViewer)
            assert viewer.document.source.startswith("# Recover")
            await viewer.go("lab-session.md")
            assert viewer.document.source.startswith("# Run a lab session")
            await viewer.go("https://example.org/page.md")
            await viewer.go("no-such-page.md")
            assert viewer.document.source.startswith("# Run a lab session")
            await pilot.press("b")
            await pilot.pause()
            assert viewer.document.source.startswith("# Recover")
            await pilot.press("t")
            assert viewer.show_table_of_contents
            await pilot.press("q")
        assert app.crash is None

    asyncio.run(asyncio.wait_for(story(), 60))
