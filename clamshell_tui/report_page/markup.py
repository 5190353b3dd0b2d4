"""HTML and SVG as text, with everything that is not already markup escaped.

A record's class, a worker's name or an operator's message may hold anything. Plain strings become
text, always; only what :func:`element` made is taken as it is.
"""

from html import escape

from clamshell_tui.text import show

_VOID = frozenset({"meta", "br", "hr"})


class Markup(str):
    """Text that is HTML already; made by :func:`element` and :func:`joined` only."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | float | None) -> Markup:
    """``element("td", "a < b", class_="number")``; an attribute that is None is left out.

    A trailing underscore of an attribute's name is dropped and the others become hyphens.
    """
    start = "".join([_attribute(key, value) for key, value in attributes.items()])
    if name in _VOID:
        return Markup(f"<{name}{start}>")
    return Markup(f"<{name}{start}>{joined(*children)}</{name}>")


def joined(*parts: str) -> Markup:
    """The parts one after the other."""
    return Markup("".join([_text(part) for part in parts]))


def number(value: float) -> str:
    """A coordinate: two decimals at most, so that pages stay small and are the same everywhere."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _text(part: str) -> str:
    return part if isinstance(part, Markup) else escape(show(part), quote=False)


def _attribute(key: str, value: str | float | None) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else number(value)
    return f' {key.rstrip("_").replace("_", "-")}="{escape(show(text))}"'
