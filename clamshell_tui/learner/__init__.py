"""The model beside the crowd: fit, rank candidates, predict. numpy and scikit-learn, no clock.

A driver uses ``learner.Learner`` and passes its results to the engine as events, so a replay needs
no model. ``names`` can check a scenario's names without importing scikit-learn.
"""
