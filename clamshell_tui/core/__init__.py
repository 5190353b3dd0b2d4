"""The engine: CLAMShell's Figure 1 as a pure state machine.

Read :mod:`~clamshell_tui.core.engine` first, then ``events`` (input), ``commands`` (output),
``state`` with ``sessions`` and ``tasks`` (the only code that changes anything), and then the parts
of the figure: ``batcher``, ``task_selector``, ``lifeguard`` (scheduler, mitigator, maintainer) and
``crowd_platform`` (tasks, assignments, workers, the pool, quality, the ledger).

Nothing here reads a clock, a socket, a file or global randomness.
"""
