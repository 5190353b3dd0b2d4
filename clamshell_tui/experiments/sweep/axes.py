"""What a sweep varies: ``pool.size=5..40:5``, ``maintenance.threshold=4,8,inf``."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from clamshell_tui.errors import InputError
from clamshell_tui.text import show

MOST = 1000  # values of one axis: more than anybody looks at, and quickly asked for by a slip

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?::({_NUMBER}))?")
_ITEM = re.compile(r"""(?:"[^"]*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]|[^,])+""")  # commas in TOML values


class Axis(NamedTuple):
    """A key of the scenario with the values it takes, as ``--set`` would take them."""

    key: str
    values: tuple[str, ...]


def axes(texts: Sequence[str]) -> tuple[Axis, ...]:
    """The axes in the order given; InputError for what varies nothing, or twice the same."""
    found = tuple([_axis(text) for text in texts])
    keys = [axis.key for axis in found]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError(f"--vary {show(key)} stands there twice. Put all its values into one")
    return found


def _axis(text: str) -> Axis:
    key, equals, listed = text.partition("=")
    key = key.strip()
    items = [item.strip() for item in _ITEM.findall(listed) if item.strip()]
    if not equals or not key or not items:
        raise InputError(
            f'--vary "{show(text)}" varies nothing. Write KEY=VALUES, such as pool.size=5..40:5 '
            "or maintenance.threshold=4,8,inf"
        )
    if key == "seed":
        raise InputError("--vary seed: every cell is run with every seed anyway. Write --seeds N")
    values = [value for item in items for value in _values(item)]
    for value in values:
        if values.count(value) > 1:
            raise InputError(f"--vary {show(key)}: {show(value)} stands there twice. Leave one out")
    return Axis(key, tuple(values))


def _values(item: str) -> Iterator[str]:
    found = _RANGE.fullmatch(item)
    if found is None:
        if ".." in item and item[0] not in "\"'{[":
            raise InputError(f'--vary: "{show(item)}" is no range. Write FIRST..LAST:STEP: 5..40:5')
        yield item
        return
    first, last, step = (Decimal(each or "1") for each in found.groups())
    if step <= 0 or last < first:
        raise InputError(f"--vary: {item} never gets there. Write the smaller number first, STEP>0")
    count = int((last - first) / step) + 1
    if count > MOST:
        raise InputError(f"--vary: {item} has {count:,} values, at most {MOST:,}. Widen the step")
    for number in range(count):
        yield format(first + number * step, "f")
