"""The operator's own keys and colours, and a screen that only watches."""

from pathlib import Path

import pytest

from clamshell_tui.errors import InputError
from clamshell_tui.operator_app.app import own_bindings
from clamshell_tui.operator_app.preferences import Preferences, load_preferences
from clamshell_tui.runfile.file_run import FileRun
from tests.coordinator.wire import story
from tests.operator_app.screen import Loaded, screen

HANDBOOK = Path(__file__).parents[2] / "clamshell_tui/handbook/operator-screen.md"
OWN = """\
theme = "amber"

[keys]
"page.pool" = "w"
filter = "f5,ctrl+f"

[themes.amber]
primary = "#ffb000"
background = "#1a1000"
"""


def loaded(tmp_path: Path, text: str) -> Preferences:
    file = tmp_path / "screen.toml"
    file.write_text(text)
    return load_preferences(file, own_bindings())


def test_without_a_file_nothing_is_changed(tmp_path: Path) -> None:
    assert load_preferences(tmp_path / "none.toml", own_bindings()) == Preferences()


@story
async def test_keys_and_colours_of_the_file_are_used(kept: FileRun, tmp_path: Path) -> None:
    async with screen(Loaded(kept), preferences=loaded(tmp_path, OWN)) as shown:
        assert shown.app.theme == "amber"
        assert shown.app.current_theme.primary == "#ffb000"
        await shown.press("2")
        await shown.reads("Batch")
        await shown.press("w")
        await shown.reads("Pool:")
        await shown.press("f5")
        await shown.reads("Show workers with")
        await shown.press("escape", "question_mark")
        await shown.reads("Changed by your file: page.pool = w, filter = f5,ctrl+f")
        await shown.press("escape")
        themes = []
        for _ in range(3):
            await shown.press("ctrl+t")
            themes.append(shown.app.theme)
        assert themes == ["clamshell-dark", "clamshell-light", "amber"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1", "unknown field `x`"),
        ("[keys", "Expected ']'"),
        ('[keys]\nfiltr = "a"', 'there is no "filtr". Write filter'),
        ('[keys]\nact = "p"', 'keys."act": p is the key of act.pause'),
        ('[keys]\nact = "/"', 'keys."act": slash is the key of filter'),
        ('[keys]\nact = "hello"', '"hello" is no key'),
        ('theme = "none"', 'there is no "none"; there are clamshell-dark, clamshell-light'),
        ('[themes.mine]\nprimary = "blau"', 'themes."mine".primary: "blau" is no colour'),
        ("[themes.clamshell-dark]", "is the name of a built-in theme"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, text)
    assert words in str(caught.value)
    assert f"(in {tmp_path / 'screen.toml'}). Mend the file or remove it" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_keys_may_change_places(tmp_path: Path) -> None:
    swapped = loaded(tmp_path, '[keys]\n"act.pause" = "r"\n"act.resume" = "p"')
    assert swapped.keys == {"act.pause": "r", "act.resume": "p"}


def test_the_handbook_names_every_key_that_can_be_changed() -> None:
    page = HANDBOOK.read_text()
    for binding in own_bindings():
        assert binding.id is None or f"`{binding.id}`" in page, binding.id


class Live(Loaded):
    live = True


@story
async def test_a_screen_that_only_watches_has_no_key_that_acts(kept: FileRun) -> None:
    async with screen(Live(kept), read_only=True) as shown:
        await shown.reads("read-only")
        for key in "xprj":
            await shown.press(key)
            assert len(shown.app.screen_stack) == 1
        assert "Act" not in shown.lines[-1]
        commands = [each.title for each in shown.app.get_system_commands(shown.app.screen)]
        assert "Save this view" in commands
        assert not any("Pause" in title or "Dismiss" in title for title in commands)
