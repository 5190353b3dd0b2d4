"""Widgets of the operator's screen: plain data in, messages out, no reference to an engine."""
