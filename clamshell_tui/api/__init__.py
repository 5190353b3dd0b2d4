"""The Python API; its names are those of ``clamshell_tui``."""
