"""The operator's screen: draws a replica of a run, live or of the past, and sends orders.

It is a client and nothing else: it may crash, be killed or resized without touching the run. Read
``app.py``, then ``pages/``; what they draw with is in ``widgets/``.
"""
