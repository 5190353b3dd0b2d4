"""The modes that a program has set on its terminal, so that another terminal can take over.

A terminal that is attached later knows nothing of them: without the alternate screen, the mouse or
the keyboard protocol, the program's next output would be drawn over the shell's.
"""

import re

_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_KEYBOARD = re.compile(rb"\x1b\[([>=<])([\d;]*)u")
_SYNCHRONISED = b"2026"
_QUERY = b"\x1b[?2026$p"  # some terminals print its last letter
_PART = re.compile(rb"\x1b(?:\[[\d;:?<>=$ ]{0,24})?\Z")

PLAIN = (
    b"\x1b[?1049l"  # back to the screen that was there before
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l"  # no mouse, no focus
    b"\x1b[?2004l\x1b[<u\x1b[?7h\x1b[?25h\x1b[0m"  # plain pastes and keys, wrapping, a cursor
)
"""Puts a terminal back into the state that a shell expects."""


class TerminalModes:
    """Reads all output of one program."""

    def __init__(self) -> None:
        self._modes: dict[bytes, bytes] = {}
        self._keyboard: list[bytes] = []
        self._part = b""

    def feed(self, output: bytes) -> bytes:
        """Note the modes; returns the output to pass on, up to the last whole sequence.

        An incomplete sequence waits for its rest, so the output may change hands after any call.
        """
        output = self._part + output
        found = _PART.search(output)
        self._part = found[0] if found is not None else b""
        output = output.removesuffix(self._part).replace(_QUERY, b"")
        for numbers, switch in _MODE.findall(output):
            self._modes.update(dict.fromkeys(numbers.split(b";"), switch))
        for kind, flags in _KEYBOARD.findall(output):
            self._note_keyboard(kind, flags)
        return output

    def replay(self) -> bytes:
        """Sequences that put a new terminal into the same modes."""
        modes = [
            b"\x1b[?" + number + switch
            for number, switch in self._modes.items()
            if number != _SYNCHRONISED
        ]
        return b"".join([*modes, *self._keyboard])

    def _note_keyboard(self, kind: bytes, flags: bytes) -> None:
        if kind == b"<":
            del self._keyboard[max(0, len(self._keyboard) - int(flags or b"1")) :]
        else:
            self._keyboard.append(b"\x1b[" + kind + flags + b"u")
