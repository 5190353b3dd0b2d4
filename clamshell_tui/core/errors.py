"""The engine's own error."""


class InvalidEventError(Exception):
    """A driver told the engine something impossible: our bug. The state is unchanged."""
