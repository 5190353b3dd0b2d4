"""Scenarios: one TOML file tells one story, from the records to the last label.

``config.py`` is the vocabulary, ``load.py`` reads a file strictly, ``runner.py`` makes a run of it,
and ``replay.py`` proves afterwards that a run file's journal leads to its recorded end. Nothing is
imported here: checking a scenario must not cost numpy.
"""
