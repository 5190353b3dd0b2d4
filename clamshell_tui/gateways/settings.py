"""Settings of a gateway process; they arrive on its stdin first, because two of them are secret."""

from pathlib import Path

from msgspec import Struct

from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.participant_texts.load import load_texts

GRACE = 60.0
"""Seconds that a seat outlives the ssh session or the tab that showed it.

The client keeps its seat in the pool for that time, paid like a worker that looks away. It is long
enough for a reload, a changed network or another machine.
"""


RUN_OVER = b"over\n"
"""On the stdin of a gateway process before its end: the run is over. Without it, the coordinator
was killed, and may be served again while the seats wait."""


class Settings(Struct, frozen=True, kw_only=True):
    """``ssh`` and ``web`` are ports, 0 for any free one, None for none."""

    ssh: int | None = None
    web: int | None = None
    host: str = "127.0.0.1"  # to listen on
    shown_host: str = "127.0.0.1"  # for participants
    pem: str | None = None  # certificate and key, for https
    folder: str  # the host key and the seats' files
    coordinator: str  # HOST:PORT, with #FINGERPRINT if encrypted
    operator: str  # the operator's token, to ask which codes are good
    secret: str  # makes the coordinator believe the address of a participant
    grace: float = GRACE
    texts: str | None = None  # file of the sentences for participants; None: English

    def sentences(self) -> Texts:
        """Return the sentences for participants."""
        return Texts(load_texts(Path(self.texts))) if self.texts is not None else ENGLISH_TEXTS

    @property
    def seats(self) -> Path:
        """Folder of the seats' states, each with its token."""
        return Path(self.folder) / "seats"
