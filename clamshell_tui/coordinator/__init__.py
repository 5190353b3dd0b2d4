"""The live driver: one engine, one run file, many connections.

Theory of operation. One task, the :class:`~clamshell_tui.coordinator.run_loop.RunLoop`, owns the
engine and the file, so nothing is locked::

    drain the inbox -> engine handles each event -> ONE transaction -> send the effects

No acknowledgement and no assignment is sent before its cause is committed. Messages that arrive
during a commit form the next group, so a slow disk makes larger groups and not longer queues. The
journal is authoritative: after a crash it is replayed, all workers count as disconnected since the
last entry, and a worker that returns with its token finds seat, task and pay unchanged.

Connections (``server``) only decode and queue. ``worker_handler``, ``operator_handler`` and
``requester_handler`` turn messages into events; ``translate`` turns commands into messages. A
process of its own trains the models (``trainer``): only that process imports numpy.
"""
