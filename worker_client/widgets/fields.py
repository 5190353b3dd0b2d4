"""Fields to type in that keep the order of keys that come at once, as over a slow connection.

In Textual a key of a binding, such as Backspace, bubbles up to the app before it acts. Letters
typed after it act in the field itself, and overtake it.
"""

from textual import events
from textual.widget import Widget
from textual.widgets import Input, TextArea


class LineField(Input):
    """One line."""

    async def _on_key(self, event: events.Key) -> None:
        await _act(self, event)


class TextField(TextArea):
    """Several lines."""

    async def _on_key(self, event: events.Key) -> None:
        await _act(self, event)


async def _act(field: Widget, event: events.Key) -> None:
    """Do at once what a key is bound to in the field; others are left to the base class."""
    for binding in field._bindings.key_to_bindings.get(event.key, ()):
        if await field.app.run_action(binding.action, field):
            event.stop()
            event.prevent_default()
            return
