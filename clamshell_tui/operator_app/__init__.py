"""The operator's screen: draws a replica of a run, live or recorded, and sends orders.

It is only a client: it may crash, be killed or be resized without affecting the run. Start reading
in ``app.py``, then ``pages/``; ``widgets/`` holds the drawing.
"""
