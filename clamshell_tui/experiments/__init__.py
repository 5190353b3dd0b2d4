"""Experiments: many runs under changed settings, and what is sure about their differences.

``cells.py`` makes one run and keeps its measures, ``intervals.py`` says how sure a mean or a ratio
is. ``paper/`` makes the paper's experiments into tables, ours beside theirs, and ``beyond/`` what
goes beyond the paper. From a run that happened to runs that might: ``crowd_seen.py`` estimates who
the workers were, ``bare.py`` lets them work again under other settings, ``advice.py`` compares many
settings, and ``whatif.py`` does it in the background for an operator. ``sweep/`` runs every
combination of some settings, in many processes or on a cluster; ``processes.py`` spreads the work.
"""
