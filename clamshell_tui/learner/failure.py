"""What stops a model from being made: never the user's mistake, never a reason to stop a run."""


class LearnerError(Exception):
    """There is no model now, for the reason given; selection goes on without one.

    The learner's state is as before the call: the next labels may well make a model possible.
    """
