"""The last line of the screen: its keys, as far as they fit."""

from collections.abc import Iterable

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class FittedFooter(Footer):
    """A compact footer that leaves out the last keys rather than cut a name."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._composed: list[tuple[str, str, bool]] = []

    def compose(self) -> ComposeResult:
        keys = self._fitting()
        self._composed = _described(keys)
        yield from keys

    async def recompose(self) -> None:
        """Compose again for other keys only: each dialog and focus asks, and it costs a layout."""
        if _described(self._fitting()) != self._composed:
            await super().recompose()

    def _fitting(self) -> list[FooterKey]:
        """Return the keys that fit, in order."""
        room = self.app.size.width + 1  # there is no blank after the last
        found = []
        for key in super().compose():
            if isinstance(key, FooterKey):
                room -= cell_len(f"{key.key_display} {key.description} ")
                if room < 0:
                    break
                found.append(key)
        return found

    async def on_resize(self) -> None:
        await self.recompose()


def _described(keys: Iterable[FooterKey]) -> list[tuple[str, str, bool]]:
    return [(key.key_display, key.description, key.has_class("-disabled")) for key in keys]
