"""A study: its file, the itinerary of its participants, their pay, and the file that keeps it.

The itinerary is a pure state machine beside the engine: it takes each participant through the
stages, and an engine hears of a participant only for the time of the stage ``work``.
"""
