"""Textual's screens without their paint: a test that looks at one has it drawn then.

That screens are painted, and how, is tested on terminals (``operator_terminal``), by pictures and
by the tests of widgets. Not for a participant's terminal: there a key counts for what was painted.
"""

from typing import Any

import pytest
from textual._compositor import Compositor

_render_update = Compositor.render_update


def _paint_on_demand(self: Compositor, full: bool = False, **given: Any) -> Any:
    """Render for a screenshot, which asks for all; forget what changed otherwise."""
    if full:
        return _render_update(self, full, **given)
    self._dirty_regions.clear()
    return None


def leave_unpainted(patch: pytest.MonkeyPatch) -> None:
    """Write nothing to a terminal that nobody sees: it takes half of the time of a key."""
    patch.setattr(Compositor, "render_update", _paint_on_demand)
