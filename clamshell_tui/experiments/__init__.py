"""Experiments: many runs under changed settings, and what is sure about their differences.

``cells.py`` makes one run and keeps its measures, ``intervals.py`` says how sure a mean or a ratio
is. ``paper/`` makes the paper's experiments into tables, ours beside theirs, and ``beyond/`` what
goes beyond the paper. From a run that happened to runs that might: ``crowd_seen.py`` estimates who
the workers were, ``bare.py`` lets them work again under other settings, ``advice.py`` compares many
settings, and ``whatif.py`` does it in the background for an operator. ``sweep/`` runs every
combination of some settings, in many processes or on a cluster; ``processes.py`` spreads the work.

The paper's experiments as tables: what CLAMShell §6 reports, and what comes out here.

``table.py`` says what a table is, ``runs.py`` makes its runs, ``verdicts.py`` holds each figure
against the paper's, ``seen.py`` has what tables measure of a run. Shown: ``text.py`` writes the
table, ``panel.py`` says what a figure shows, ``drawing.py`` draws it with matplotlib, ``sketch.py``
in the terminal, and ``output.py`` puts everything into files. ``tables.py`` lists the experiments,
each in a module of its own; the setting of each stands in ``scenarios/paper/``, with what the
paper did and found, and why we differ where we do.

Beyond the paper: each of our policies against the paper's own, as tables of the same kind.

``comparison.py`` makes a table of a policy, its alternatives and the populations; ``seen.py`` has
what is measured beside the measures of the paper's tables. The tables stand in modules by theme,
``tables.py`` lists them. The setting of each is in ``scenarios/beyond/``, with the goal, and why it
is missed where it is.
"""
