"""The codes of a study's participants, the same before ``serve`` as in it.

A code is derived from the study's key, the label and the number of its issue. The folder of the
study has only a random name for the key, ``study.id``; the key itself lies in the user's state
folder. So slips can be printed first, and the folder can be published.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from clamshell_tui.errors import InputError
from clamshell_tui.runfile.access_key import AccessKey, default_key_folder, normal_code, open_key
from clamshell_tui.runfile.output_path import appearing, cannot_write
from clamshell_tui.text import show

SEAT: Final = "seat"
"""Kind of the code of an invited participant, as in ``AccessRow``."""

_COMPLETION = "completion"  # a kind of code that admits no client
_NAME = "study.id"
_ID = re.compile(r"[0-9a-f]{32}")


def study_key(folder: Path, key_folder: Path | None = None) -> tuple[AccessKey, bool]:
    """Return the key of the study in ``folder``, and whether it was made just now.

    The folder and its ``study.id`` are made if there are none. InputError if ``study.id`` is
    damaged, EnvironmentFaultError if a folder cannot be used.
    """
    return open_key(key_folder or default_key_folder(), _identity(folder))


def id_path(folder: Path) -> Path:
    """Return the file with the name of the study's key: there before the study begins."""
    return folder / _NAME


def codes(key: AccessKey, labels: Iterable[str], issues: Mapping[str, int] = {}) -> dict[str, str]:
    """Return the code of each label, of its first issue where ``issues`` names no other.

    Of two equal codes the second label's is that of its next issue, as when ``serve`` makes seats
    in the same order.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for label in labels:
        issue = issues.get(label, 1)
        while normal_code(code := key.code(SEAT, label, issue)) in taken:
            issue += 1
        taken.add(normal_code(code))
        found[label] = code
    return found


def completion_code(key: AccessKey, label: str) -> str:
    """Return the code by which a participant proves to have come to the debrief."""
    return key.code(_COMPLETION, label, 1)


def _identity(folder: Path) -> bytes:
    file = id_path(folder)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{show(str(folder))} is no folder. Name a folder for the study")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            _make(file)
        text = file.read_text("ascii", "replace").strip()
    except OSError as error:
        raise cannot_write(file, error) from error
    if not _ID.fullmatch(text):
        raise InputError(f"{show(str(file))} is damaged. Restore it, or remove it for new codes")
    return bytes.fromhex(text)


def _make(file: Path) -> None:
    """Write a new name, on the disk when this returns: codes derived by it may be printed next."""
    with appearing(file) as part:
        part.write_text(secrets.token_hex(16), "ascii")
