"""The read model of a run: tables, history and snapshots that follow from its journal."""
