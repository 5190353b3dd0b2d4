"""Scenarios as tests: run each with many seeds, and check what it expects.

``files.py`` finds scenarios, ``trial.py`` runs one, ``verdict.py`` judges it, ``suite.py`` does so
with many; ``live/`` runs them with real processes. ``reports.py`` is the report as plain data and
JSON, ``report_text.py`` and ``junit.py`` show it.
Nothing is imported here, so that a mistake in a scenario is reported before numpy is loaded.
"""
