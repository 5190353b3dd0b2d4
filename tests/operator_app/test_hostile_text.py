"""No text of a run acts on the operator's terminal, is taken for markup, or ends the screen."""

from pathlib import Path

import pytest

from clamshell_tui.operator_app.actions import Prompt
from clamshell_tui.operator_app.app import OperatorApp
from clamshell_tui.operator_app.dialogs import (
    ActionMenu,
    ConfirmDialog,
    MenuEntry,
    PromptDialog,
    TextDialog,
)
from clamshell_tui.operator_app.pages import PAGES
from clamshell_tui.runfile.file_run import FileRun
from tests.coordinator.wire import story
from tests.hostile import leaks
from tests.kept import loaded
from tests.live.operator_terminal import OperatorTerminal
from tests.operator_app.hostile import PAYLOADS, hostile_file
from tests.operator_app.screen import Loaded, Screen, screen


@pytest.fixture(scope="module")
def evil_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything in it is an attack."""
    return hostile_file(tmp_path_factory.mktemp("evil"))


@pytest.fixture(scope="module")
def evil_run(evil_file: Path) -> FileRun:
    """Fully loaded."""
    return loaded(evil_file)


def harmless(shown: Screen) -> None:
    """Neither the picture's text nor its styles carry anything that acts."""
    for strip in shown.app.screen._compositor.render_strips():
        for text, style, control in strip:
            assert not control
            assert list(leaks(text)) == []
            assert style is None or not style.link
            meta = {} if style is None or not style.meta else style.meta
            assert not {name for name in meta if "click" in str(name)}, meta


@pytest.mark.slow
@story
async def test_nothing_on_any_page_acts_at_any_moment_or_where_it_is_clicked(
    evil_run: FileRun,
) -> None:
    end = evil_run.replica.end
    async with screen(Loaded(evil_run), (120, 40)) as shown:
        for page in PAGES:
            shown.app.action_page(page.ID)
            for share in (0.6, 1.0):
                await shown.seek(end * share)
                if page.ID in ("pool", "timeline"):
                    await shown.press("down", "right")
                harmless(shown)
            for x, y in ((10, 4), (60, 8), (12, 30)):
                await shown.pilot.click(offset=(x, y))
            await shown.drawn()
            assert shown.app.page.ID == page.ID
            harmless(shown)
        await shown.press("ctrl+p")
        harmless(shown)


@pytest.mark.slow
@story
async def test_what_is_told_asked_and_confirmed_acts_no_more_than_the_pages(
    evil_run: FileRun,
) -> None:
    async with screen(Loaded(evil_run), (100, 30)) as shown:
        app: OperatorApp = shown.app
        for evil in ("".join(PAYLOADS[:9]), "".join(PAYLOADS[9:19]), "".join(PAYLOADS[19:])):
            app.announce(f"told {evil}", bad=True)
            await shown.reads("told")
            harmless(shown)
            for overlay in (
                ActionMenu([MenuEntry("w", "evil", f"worker {evil}")]),
                PromptDialog(Prompt(f"asked {evil}", evil, evil), f"problem {evil}"),
                ConfirmDialog(f"title {evil}", f"why {evil}"),
                TextDialog(f"title {evil}", [evil, f"line {evil}"]),
            ):
                app.push_screen(overlay)
                await shown.drawn()
                harmless(shown)
                app.pop_screen()
            app.problem = f"problem {evil}"
            await shown.drawn()
            harmless(shown)


@pytest.mark.slow
def test_the_bytes_that_reach_a_terminal_are_our_own(evil_file: Path) -> None:
    with OperatorTerminal("replay", str(evil_file), size=(120, 40)) as terminal:
        terminal.reads(b"kept")
        for keys in (b"1", b"2", b"\x1b[B\x1b[B", b"3", b"\x1b[C\x1b[C", b"4", b"5"):
            for moment in (b"9", b"e", b"B", b"D", b"."):
                terminal.press(keys)
                terminal.press(moment)
                terminal.read_for(0.12)
        pasted = "\x1b[200~pasted \x9b7J \x07 \x9d2;stolen\x9c\x1b[201~".encode()
        for overlay, words, keys in (
            (b"x", b"Actions", b""),
            (b"?", b"Keys", b""),
            (b"g", b"Go to", pasted),
            (b"\x10", b"Search for", pasted),  # the palette
        ):
            terminal.forget()
            terminal.press(overlay)
            terminal.reads(words)
            terminal.press(keys)
            terminal.reads(b"pasted" if keys else words)
            terminal.press(b"\x1b")
            terminal.read_for(0.4)
        terminal.press(b"\x03")
        assert terminal.ends() == 0
        assert list(leaks(terminal.shown.decode())) == []
        assert terminal.restored
