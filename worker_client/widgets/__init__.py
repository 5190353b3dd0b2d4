"""Widgets of the screens; each draws the data it is given and keeps no state of the session."""
