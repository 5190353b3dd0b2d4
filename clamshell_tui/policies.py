"""Policies by name: ours, and those of other packages.

A name with a colon (``acme:newest``) belongs to another package, and is looked up on first use by
the function that ``clamshell_tui.plugins`` installs here; the engine itself imports nothing. The
options of a policy are part of its name: ``acme:newest{"window":3}``.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

P = TypeVar("P")

Load = Callable[[str, str], Any]
"""``(kind, name)`` -> the object that another package offers under this name."""


def _nothing_installed(kind: str, name: str) -> Any:
    raise KeyError(name)


load: Load = _nothing_installed


class Policies(dict[str, P]):
    """Policies of a kind; iterating gives ours. A lookup raises what ``load`` raises.

    ``adapt`` makes a policy of the object that another package offers.
    """

    def __init__(
        self, kind: str, ours: Mapping[str, P], adapt: Callable[[Any], P] | None = None
    ) -> None:
        super().__init__(ours)
        self.kind = kind
        self._adapt = adapt
        self._loaded: dict[str, P] = {}

    def __missing__(self, name: str) -> P:
        if name not in self._loaded:
            if ":" not in name:
                raise KeyError(name)
            found = load(self.kind, name)
            self._loaded[name] = found if self._adapt is None else self._adapt(found)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a policy; raises what ``load`` raises for one that is not there."""
        if super().__contains__(name):
            return True
        if not isinstance(name, str) or ":" not in name:
            return False
        self[name]  # looks it up
        return True
