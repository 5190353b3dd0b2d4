"""Scenario tests with real sockets, processes and clients, from the same files.

``run_live`` runs one scenario: ``coordinator_process`` is its coordinator, ``crowd`` its bots, and
``scripted_users`` play its steps as ``users`` at a ``terminal``, behind a ``faulty_proxy``.
``speed`` chooses the pace, ``trial`` measures, ``suite`` runs many scenarios, and ``conformance``
compares the clocks.
"""
