"""Joining with nothing installed: the worker's screen over ssh and in a browser.

One process serves both. Each participant has a seat: a worker client in a pseudo-terminal, which
outlives the ssh session or the tab that shows it. The client dials the coordinator like any other,
so this package needs the wire alone. Order of reading: ``seat``, ``seats``, ``ssh``, ``web``.
"""
