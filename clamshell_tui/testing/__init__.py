"""Scenarios as tests: run each under many seeds, and hold it to what it expects.

``files.py`` finds scenarios, ``trial.py`` runs one at one seed, ``suite.py`` runs all of them in
several processes, ``verdict.py`` judges, ``telling.py`` tells people and ``reports.py`` programs.
Nothing is imported here: a mistake in a scenario is told before numpy is loaded.
"""
