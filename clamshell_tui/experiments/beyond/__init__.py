"""Beyond the paper: each of our policies against the paper's own, as tables of the same kind.

``comparison.py`` makes a table of a policy, its alternatives and the populations; ``seen.py`` has
what is measured beside the measures of the paper's tables. The tables stand in modules by theme,
``tables.py`` lists them. The setting of each is in ``scenarios/beyond/``, with the goal, and why it
is missed where it is.
"""
