"""Results of an order about several participants: who was refused and why, and new codes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from clamshell_tui.formats import count
from clamshell_tui.operator_app.actions import Prompt
from clamshell_tui.operator_app.dialogs import PromptDialog, TextDialog
from clamshell_tui.text import show
from clamshell_tui.wire.study_messages import PersonResult

FILE = "clamshell-codes.txt"


class ResultDialog(TextDialog):
    """Lists those who were refused, then the new codes, which can be written to a file.

    ``joins`` maps each new code to the line that joins with it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "write", "Write", id="result.write")]

    def __init__(self, title: str, results: Sequence[PersonResult], joins: Mapping[str, str]):
        self._codes = {each.participant: each.code for each in results if each.code}
        self._joins = joins
        self.KEYS = "w: write them to a file; " if self._codes else ""
        refused = {each.participant: each.refused for each in results if each.refused}
        lines = [f"Not done for {count(len(refused), 'participant')}:"] if refused else []
        lines += _aligned(refused) + [""] * bool(refused and self._codes) + _aligned(self._codes)
        if self._codes:
            lines += ["", "clamshell slips STUDY --db FOLDER --only LABEL prints a new slip"]
        super().__init__(title, lines)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "write" or bool(self._codes)

    @work
    async def action_write(self) -> None:
        """Ask for the name of a new file until the codes are written there."""
        prompt, problem = (
            Prompt("Write the codes to", "a new file that only you can read", FILE),
            "",
        )
        while name := await self.app.push_screen_wait(PromptDialog(prompt, problem)):
            try:
                self._write(name)
            except OSError as error:
                prompt = replace(prompt, given=name)
                problem = f"cannot write {show(name)}: {error.strerror}. Name another file"
            else:
                self.app.notify(show(f"written to {name}"), markup=False)
                return

    def _write(self, name: str) -> None:
        file = Path(name).expanduser()
        with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as opened:
            opened.writelines(
                f"{label}  {code}  {self._joins[code]}\n" for label, code in self._codes.items()
            )


def _aligned(values: Mapping[str, str]) -> list[str]:
    width = max(map(len, values), default=0)
    return [f"{label:{width}}  {value}" for label, value in values.items()]
