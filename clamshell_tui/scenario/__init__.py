"""Scenarios: one TOML file describes one run, from the records to the last label.

``config.py`` defines the settings, ``load.py`` reads a file strictly, ``reference.py`` documents
the settings, and ``rules.py`` reads the scenarios of old run files. Nothing is imported here, so
that a scenario can be checked without numpy.
"""
