"""Sweeps: every combination of some settings, run with many seeds, on one machine or on a cluster.

``plan.py`` reads the axes and makes the cells, ``trial.py`` runs one cell at one seed, and
``backends.py`` many of them: here, in processes, or on a Dask cluster. ``kept.py`` keeps finished
runs until ``table.py`` writes the output or draws it in the terminal; ``identity.py`` describes the
inputs that all runs of one output must share.

The output depends on the scenario, the cells and the seeds only: never on the back end, the number
of jobs, or how often the sweep was interrupted.
"""
