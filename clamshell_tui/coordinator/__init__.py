"""The live run: one engine, one file, many connections.

Theory of operation. One task, the :class:`~clamshell_tui.coordinator.run_loop.RunLoop`, owns the
engine and the file; nothing is locked::

    drain all pending messages -> tell the engine -> ONE transaction -> send the effects

No acknowledgement and no assignment leaves before its cause is committed, and while a commit runs
the next messages gather, so commits are grouped by themselves. The journal is the truth: after a
crash it is replayed, everybody connected counts as disconnected since the last entry, and whoever
comes back with a token finds seat, task and pay as they were.

Connections (``server``, ``peer``) only decode and queue. ``worker_desk``, ``operator_desk`` and
``requester_desk`` turn messages into events, ``translate`` turns commands into messages. Models are
made by a process of their own (``trainer``), which is also the only one to import numpy.
"""
