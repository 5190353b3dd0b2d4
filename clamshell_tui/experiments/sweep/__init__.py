"""Sweeps: every combination of some settings, run with many seeds, on one machine or on a cluster.

``axes.py`` reads what is varied, ``plan.py`` makes the cells of it, ``trial.py`` runs one cell at
one seed, and ``backends.py`` many of them: here, in processes, or on a Dask cluster. ``kept.py``
keeps what is finished until ``table.py`` writes the output; ``identity.py`` says what may stand
in one output. ``picture.py`` shows a measure in the terminal.

The output depends on the scenario, the cells and the seeds only: never on the back end, the number
of jobs, or how often the sweep was interrupted.
"""
