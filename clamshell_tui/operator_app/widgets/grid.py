"""A drawing cell by cell, whose lines stay as wide as they are whatever is written into them."""

from rich.cells import cell_len
from textual.strip import Strip

from clamshell_tui.operator_app.widgets.fitting import strip_of_cells
from clamshell_tui.operator_app.widgets.palette import Palette
from clamshell_tui.text import show

_SECOND_HALF = ""  # the cell to the right of a sign that is two cells wide


class Grid:
    """Signs and inks by column and row; what falls outside is left out."""

    def __init__(self, width: int, height: int, ink: str = "text") -> None:
        self.width, self.height = width, height
        self._chars = [[" "] * width for _ in range(height)]
        self._inks = [[ink] * width for _ in range(height)]

    def set(self, column: int, row: int, sign: str, ink: str) -> None:
        """One sign of one cell."""
        if not (0 <= column < self.width and 0 <= row < self.height):
            return
        chars = self._chars[row]
        if chars[column] == _SECOND_HALF:
            chars[column - 1] = " "
        if column + 1 < self.width and chars[column + 1] == _SECOND_HALF:
            chars[column + 1] = " "
        chars[column] = sign
        self._inks[row][column] = ink

    def write(self, column: int, row: int, text: str, ink: str) -> None:
        """Words from there on, clipped at the edge; signs of no width are left out."""
        column = max(0, column)
        for char in show(text, max(0, self.width - column)):
            wide = cell_len(char)
            if wide == 0 or column + wide > self.width:
                continue
            self.set(column, row, char, ink)
            if wide == 2:
                self.set(column + 1, row, " ", ink)
                if 0 <= row < self.height:
                    self._chars[row][column + 1] = _SECOND_HALF
            column += wide

    def fill(self, column: int, row: int, count: int, sign: str, ink: str) -> None:
        """So many times the same sign."""
        for at in range(max(0, column), min(self.width, column + count)):
            self.set(at, row, sign, ink)

    def row(self, row: int) -> list[str]:
        """The signs of a row."""
        return self._chars[row]

    def tint(self, column: int, row: int, ink: str) -> None:
        """Another ink for the sign that stands there."""
        if 0 <= column < self.width and 0 <= row < self.height:
            self._inks[row][column] = ink

    def strips(self, palette: Palette) -> list[Strip]:
        """One for each row."""
        rows = zip(self._chars, self._inks, strict=True)
        return [strip_of_cells(chars, inks, palette) for chars, inks in rows]
