"""Scenarios as tests: run each with many seeds, and check what it expects.

``files.py`` finds scenarios, ``trial.py`` runs them, ``verdict.py`` judges, ``report_text.py``
reports to people and ``reports.py`` to programs; ``live/`` does the same with real processes.
Nothing is imported here, so that a mistake in a scenario is reported before numpy is loaded.
"""
