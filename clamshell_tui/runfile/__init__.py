"""The run file: everything about one run in one SQLite file."""
