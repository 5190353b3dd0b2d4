"""Scenarios in real sockets, processes and clients: the same files as under the virtual clock.

``performance`` runs one: a coordinator as a child process, ``crowd`` seats the bots and replays the
script, ``stage`` plays the steps of people at ``terminal`` s, whose ``cable`` can be cut. ``pace``
says how fast, ``trial`` measures what came of it, ``suite`` does many, and ``conformance`` compares
the clocks.
"""
