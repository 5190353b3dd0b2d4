"""Who the workers are: populations, behaviours and recruitment, all seeded and free of clocks.

``crowd.py`` gives a driver its workers, ``behaviour.py`` says what a worker does with a task,
``populations/`` who turns up, ``recruitment.py`` when; ``config.py`` is the ``[crowd]`` table of a
scenario. The simulator and live bots use the same behaviours, so the same seed thinks as long and
answers the same in both.
"""
