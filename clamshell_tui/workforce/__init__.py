"""Simulated workers: populations, behaviours and recruitment, all seeded and without clocks.

``crowd.py`` gives a driver its workers. ``populations/`` samples their speed and accuracy,
``behaviour.py`` decides about tasks, ``recruitment.py`` times arrivals, and ``config.py`` is the
``[crowd]`` table of a scenario. Simulator and live bots share this package, so a seed gives the
same answers and working times in both.
"""
