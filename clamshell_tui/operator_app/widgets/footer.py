"""The last line of the screen: its keys, as far as they fit."""

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class FittedFooter(Footer):
    """A compact footer that leaves out the last keys rather than cut a name."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)

    def compose(self) -> ComposeResult:
        room = self.app.size.width + 1  # there is no blank after the last
        for key in super().compose():
            if isinstance(key, FooterKey):
                room -= cell_len(f"{key.key_display} {key.description} ")
            if room < 0:
                return
            yield key

    async def on_resize(self) -> None:
        await self.recompose()
