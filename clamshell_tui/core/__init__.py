"""The engine: CLAMShell's Figure 1 as a pure state machine.

Read :mod:`~clamshell_tui.core.engine` first, then ``events`` (what goes in), ``commands`` (what
comes out), ``state`` and ``sessions`` (the only code that changes anything), and then the parts of
the figure: ``batcher``, ``task_selector``, ``lifeguard`` (scheduler, mitigator, maintainer) and
``crowd_platform`` (tasks, assignments, workers, the pool, quality, the ledger).

Nothing here reads a clock, a socket, a file or global randomness.
"""
