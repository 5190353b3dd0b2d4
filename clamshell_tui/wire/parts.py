"""Base classes of messages, constrained field types, and records."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from clamshell_tui.text import first_unencodable

Token = Annotated[str, Meta(min_length=16, max_length=128)]
Label = Annotated[int, Meta(ge=0, le=999)]
Micros = Annotated[int, Meta(ge=0, le=2**53)]
Name = Annotated[str, Meta(max_length=200)]
Short = Annotated[str, Meta(max_length=1000)]


class Message(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="type",
    omit_defaults=True,
):
    """Base of all messages; fields at their default are left out of the frame."""


class WirePart(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of structs inside messages."""


class Image(WirePart, frozen=True):
    """Pixels row by row, 8 bits each: ``width * height * channels`` bytes in base64.

    One channel is grey (0 black, 255 white), three are red, green, blue.
    """

    width: Annotated[int, Meta(ge=1, le=256)]
    height: Annotated[int, Meta(ge=1, le=256)]
    channels: Literal[1, 3]
    pixels: bytes


class Record(WirePart, frozen=True):
    """One item to label: a text, an image, or named numbers.

    ``truth`` is sent to bots only, because they could not answer correctly without it.
    """

    id: Name
    text: str | None = None
    image: Image | None = None
    numbers: tuple[tuple[Name, float], ...] = ()
    truth: Label | None = None

    def hidden(self, encoding: str) -> str:
        """The first character that a terminal of this encoding cannot show; empty if none."""
        words = [self.text or "", *[name for name, _ in self.numbers]]
        return next(filter(None, (first_unencodable(each, encoding) for each in words)), "")
