"""Texts of a study in Markdown: read, checked, and cut into pages."""

import re
from hashlib import sha256
from pathlib import Path

from clamshell_tui.errors import ScenarioError
from clamshell_tui.text import not_utf8, show

MAX_CHARACTERS = 200_000
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_HTML = re.compile(r"<(?:!--|/?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BREAK = re.compile(r"^ {0,3}(?:-[ \t]*){3,}$", re.MULTILINE)
_NOT_BLANK = re.compile(r"\S")


def read_markdown(file: Path) -> str:
    """Return the text of a file; ScenarioError if it is no Markdown without HTML."""
    name = show(file.name)
    try:
        with file.open("rb") as opened:
            raw = opened.read(4 * MAX_CHARACTERS + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise ScenarioError(f"no such file: {show(str(file))}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(f"cannot read {show(str(file))}: {reason}") from error
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        if len(raw) <= 4 * MAX_CHARACTERS:
            raise ScenarioError(f"{name} {not_utf8(raw, error.start)}") from error
        text = raw.decode("utf-8-sig", errors="ignore")
    if len(text) > MAX_CHARACTERS:
        raise ScenarioError(f"{name} has more than {MAX_CHARACTERS:,} characters. Shorten it")
    if not any(map(_NOT_BLANK.search, pages_of(text))):
        raise ScenarioError(f"{name} is empty. Write the text that participants read")
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        what = f"control character U+{ord(control[0]):04X}"
        raise ScenarioError(f"{name} line {line}: {what}. Remove it")
    html = _HTML.search(_CODE.sub(_blanked, text))
    if html:
        line = text.count("\n", 0, html.start()) + 1
        raise ScenarioError(f"{name} line {line}: HTML ({show(html[0][:40])}). Write Markdown only")
    return text


def _blanked(found: re.Match[str]) -> str:
    """Return blanks in place of code, so that positions stay."""
    return re.sub(r"[^\n]", " ", found[0])


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hex: what a participant consented to."""
    return sha256(text.encode()).hexdigest()


def pages_of(text: str) -> tuple[str, ...]:
    """Return the pages of a text: a line of three dashes, after a blank line, begins a new one."""
    pages: list[str] = []
    start = 0
    for found in _BREAK.finditer(text):
        before = text[start : found.start()]
        if before.endswith("\n\n") or not before.strip():  # else it underlines a heading
            pages.append(before)
            start = found.end()
    pages.append(text[start:])
    return tuple([page.strip("\n") for page in pages if page.strip()])
