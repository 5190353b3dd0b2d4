"""The model beside the crowd: fit, rank candidates, predict. numpy and scikit-learn, no clock.

``learner.Learner`` is what a driver uses. The engine only ever sees what it returns, as events, so
a replay needs no model. ``names`` can check a scenario's names without importing scikit-learn.
"""
