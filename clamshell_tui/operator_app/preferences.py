"""The operator's own keys and colours, from a file in the user's configuration folder."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

import msgspec
from textual.binding import Binding
from textual.color import Color, ColorParseError
from textual.keys import Keys, _character_to_key
from textual.theme import Theme

from clamshell_tui.errors import InputError
from clamshell_tui.terminal.themes import DARK, LIGHT
from clamshell_tui.text import show

_KEY_NAMES = {key.value for key in Keys} | {_character_to_key(chr(code)) for code in range(33, 127)}


class ThemeColours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A theme of the file; colours that are left out are those of our dark or light theme."""

    dark: bool = True
    primary: str = ""
    success: str = ""
    warning: str = ""
    error: str = ""
    foreground: str = ""
    background: str = ""
    surface: str = ""
    panel: str = ""

    def theme(self, name: str) -> Theme:
        ours = DARK if self.dark else LIGHT
        given = {key: value for key, value in msgspec.structs.asdict(self).items() if key != "dark"}
        colours = {key: value or getattr(ours, key) for key, value in given.items()}
        return Theme(name=name, dark=self.dark, **colours)


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``theme`` is the first one used, empty for dark or light; ``keys`` maps names to keys."""

    theme: str = ""
    keys: dict[str, str] = {}
    themes: dict[str, ThemeColours] = {}


def default_file() -> Path:
    from platformdirs import user_config_path

    return user_config_path("clamshell", appauthor=False) / "screen.toml"


def load_preferences(file: Path, bindings: Iterable[Binding]) -> Preferences:
    """Read the file, if there is one; InputError for what it cannot mean.

    ``bindings`` are those that it may change.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Preferences()
    except (OSError, UnicodeDecodeError) as error:
        _refuse(file, getattr(error, "strerror", None) or "it is not UTF-8")
    try:
        found = msgspec.convert(tomllib.loads(text), Preferences)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        _refuse(file, str(error))
    known = {binding.id: binding.key for binding in bindings if binding.id is not None}
    for problem in (*_problems_of_keys(found.keys, known), *_problems_of_themes(found)):
        _refuse(file, problem)
    return found


def _refuse(file: Path, why: str) -> NoReturn:
    raise InputError(f"{show(why, 900)} (in {show(str(file))}). Mend the file or remove it")


def _problems_of_keys(keys: Mapping[str, str], known: Mapping[str, str]) -> Iterator[str]:
    now = {name: _split(key) for name, key in {**known, **keys}.items()}
    for name in keys:
        if name not in known:
            near = " or ".join(get_close_matches(name, known, 2)) or "one of its list"
            yield (
                f'keys: there is no "{name}". Write {near}; clamshell help operator-screen has all'
            )
        for key in now[name]:
            if key.split("+")[-1] not in _KEY_NAMES:
                yield f'keys."{name}": "{key}" is no key. Write a letter, f5 or ctrl+k, say'
            same = [other for other in now if other != name and key in now[other]]
            if same:
                yield f'keys."{name}": {key} is the key of {same[0]}; give that another one'


def _split(keys: str) -> list[str]:
    """The keys by Textual's names: ``/`` is ``slash``."""
    return [_character_to_key(key) if len(key) == 1 else key for key in keys.split(",")]


def _problems_of_themes(found: Preferences) -> Iterator[str]:
    ours = (DARK.name, LIGHT.name)
    for name, colours in found.themes.items():
        if name in ours:
            yield f'themes."{name}" is the name of a built-in theme'
        for part, colour in msgspec.structs.asdict(colours).items():
            try:
                if isinstance(colour, str) and colour:
                    Color.parse(colour)
            except ColorParseError:
                yield f'themes."{name}".{part}: "{colour}" is no colour. Write #56b4e9, say'
    if found.theme and found.theme not in (*ours, *found.themes):
        yield f'theme: there is no "{found.theme}"; there are {", ".join((*ours, *found.themes))}'
