"""The phases of a run."""

from enum import StrEnum


class Phase(StrEnum):
    """What the run as a whole is doing."""

    RECRUITING = "recruiting"  # before the first batch
    LABELLING = "labelling"
    DRAINING = "draining"  # work in hand is finished, nothing new is started
    FINISHED = "finished"
