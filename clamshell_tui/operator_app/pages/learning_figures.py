"""What the boxes of the page Learning say, worked out from a view."""

from collections.abc import Sequence

from clamshell_tui.formats import count, duration, percent
from clamshell_tui.operator_app.pages.learning_curve import thinned
from clamshell_tui.operator_app.pages.overview_tiles import Reading
from clamshell_tui.operator_app.pages.pace import whole
from clamshell_tui.operator_app.pages.signs import Signs
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import BarItem, Figure, Part, Series
from clamshell_tui.replica.history import ModelPoint

_CURVE = 64  # values of a small curve
_POINTS = 128  # models drawn
_MEDIAN = 2  # of five quartiles, from the minimum to the maximum
_LOW = 0.8  # times the mean accuracy, below which a class stands out


def readings(view: View, signs: Signs) -> dict[str, Reading]:
    """The headline figures, by the name of their tile."""
    models = view.history.models_until(view.at)
    return {
        "accuracy": _accuracy(view, models),
        "learned": _learned(view, models, signs),
        "training": _training(view, models),
        "ranking": _ranking(view),
        "unsure": _unsure(view, models),
    }


def class_items(view: View) -> tuple[list[BarItem], str]:
    """Accuracy per class of the last model that told it, and which model that was."""
    models = view.history.models_until(view.at)
    told = next((model for model in reversed(models[-_CURVE:]) if model.by_class), None)
    if told is None:
        return [], ""
    mean = sum(told.by_class) / len(told.by_class)
    items = [
        BarItem(name, share, percent(share), "orange" if share < _LOW * mean else "green/55")
        for name, share in zip(view.classes, told.by_class, strict=False)
    ]
    return items, f"model {told.version}"


def uncertainty_figure(view: View) -> Figure:
    """Quartiles of the ranked candidates' uncertainty over the models."""
    models = thinned(view.history.models_until(view.at), _POINTS)
    told = [model for model in models if len(model.uncertainty) > 2 * _MEDIAN]
    if not told:
        return Figure()
    names = (
        ("upper quartile", 3, "grey"),
        ("median", _MEDIAN, "sky"),
        ("lower quartile", 1, "purple"),
    )
    return Figure(
        series=tuple(
            [
                Series(
                    name,
                    tuple([(one.labels_used, one.uncertainty[place]) for one in told]),
                    ink=ink,
                )
                for name, place, ink in names
            ]
        ),
        x_label="labels",
        x_format=count,
    )


def _accuracy(view: View, models: Sequence[ModelPoint]) -> Reading:
    last = _last(models)
    if last is None:
        waits = "training the first" if view.frame.run.model.training else "no model yet"
        return Reading("Model", "-", under=waits)
    curve = [one.accuracy for one in thinned(models, _CURVE) if one.accuracy is not None]
    note = "estimated" if last.estimated else "held out"
    under = f"version {last.version}"
    return Reading("Model", percent(last.accuracy), note, under, curve=tuple(curve), low=None)


def _learned(view: View, models: Sequence[ModelPoint], signs: Signs) -> Reading:
    last = _last(models)
    if last is None:
        return Reading("Learned from", "-", under="no label yet")
    active = view.history.active_labels_until(last.labels_used)
    parts = (
        Part("active", active, "orange"),
        Part("random", last.labels_used - active, "sky"),
    )
    under = f"{signs.active} {count(active)}  {signs.passive} {count(last.labels_used - active)}"
    return Reading("Learned from", count(last.labels_used), "labels", under, parts=parts)


def _training(view: View, models: Sequence[ModelPoint]) -> Reading:
    last, model = _last(models), view.frame.run.model
    under = "training now" if model.training else "idle"
    if last is None:
        return Reading("Training", "-", under=under)
    if not model.training:
        under = f"idle, {whole(model.age)} old"
    curve = tuple([one.seconds for one in thinned(models, _CURVE)])
    return Reading("Training", duration(last.seconds), "a model", under, curve=curve)


def _ranking(view: View) -> Reading:
    """How old the ranking was when the last batch first had records of it."""
    notes = [note for note in view.history.batches_until(view.at)[-_CURVE:] if note.active]
    ages = [note.model_age for note in notes if note.model_age is not None]
    if not ages:
        return Reading("Ranking used", "-", under="no active record yet")
    under = f"model {notes[-1].model}"
    return Reading("Ranking used", duration(ages[-1]), "old", under, curve=tuple(ages))


def _unsure(view: View, models: Sequence[ModelPoint]) -> Reading:
    told = [one.uncertainty for one in thinned(models, _CURVE) if len(one.uncertainty) > _MEDIAN]
    measure = view.source.config.learning.uncertainty
    if not told:
        return Reading("Uncertainty", "-", under=measure)
    curve = tuple([quartiles[_MEDIAN] for quartiles in told])
    return Reading("Uncertainty", f"{curve[-1]:.2f}", "median", measure, curve=curve)


def _last(models: Sequence[ModelPoint]) -> ModelPoint | None:
    return models[-1] if models else None
