"""The paper's experiments as tables: what CLAMShell §6 reports, and what comes out here.

``table.py`` says what a table is, ``runs.py`` makes its runs, ``verdicts.py`` holds each figure
against the paper's, ``seen.py`` has what tables measure of a run. Shown: ``text.py`` writes the
table, ``panel.py`` says what a figure shows, ``drawing.py`` draws it with matplotlib, ``sketch.py``
in the terminal, and ``output.py`` puts everything into files. ``tables.py`` lists the experiments,
each in a module of its own; the setting of each stands in ``scenarios/paper/``, with what the
paper did and found, and why we differ where we do.
"""
