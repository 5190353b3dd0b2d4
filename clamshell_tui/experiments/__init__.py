"""Experiments: many runs under changed settings, with intervals for their differences.

``cells.py`` makes one run and keeps its measures; ``intervals.py`` computes intervals of means and
ratios; ``processes.py`` spreads work over processes.

*Tables.* ``tables/`` holds the experiments of CLAMShell §6, one module each, and ``extensions/``
those beyond the paper; ``catalog.py`` lists both. ``table.py`` defines a table and makes its runs,
``verdicts.py`` compares each figure with the paper's, ``table_text.py`` writes the result. Settings
are in ``scenarios/paper/`` and ``scenarios/beyond/``, with the reasons where we differ.

*From a run that happened to runs that might.* ``baseline.py`` is the starting point: settings, work
left, crowd. ``crowd_fit/`` estimates the workers, ``fast_simulation.py`` simulates them under other
settings, ``advice.py`` compares many settings, ``forecast.py`` does so in the background for the
operator's screen, and ``rerun.py`` repeats the run itself.

*Sweeps.* ``sweep/`` runs every combination of some settings, in processes or on a cluster.
"""
