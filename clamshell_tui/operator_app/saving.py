"""Saves the screen's contents to files."""

from io import StringIO
from pathlib import Path

from rich.console import Console
from textual.app import App

_UNSAFE = frozenset('/\\:*?"<>| ')


def save_view(app: App[None], folder: Path, name: str) -> list[Path]:
    """Write what is on the screen as NAME.svg and NAME.txt; returns the files. OSError if not."""
    stem = "".join("-" if letter in _UNSAFE else letter for letter in name)
    picture, text = folder / f"{stem}.svg", folder / f"{stem}.txt"
    picture.write_text(app.export_screenshot(), encoding="utf-8")
    text.write_text(as_text(app), encoding="utf-8")
    return [picture, text]


def as_text(app: App[None]) -> str:
    """The text of the screen, without colours."""
    width, height = app.size
    console = Console(
        width=width,
        height=height,
        file=StringIO(),
        record=True,
        color_system=None,
        legacy_windows=False,
    )
    console.print(app.screen._compositor.render_update(full=True))
    lines = console.export_text(styles=False).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"
