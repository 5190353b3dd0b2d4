"""The model's accuracy over the labels that it learned from, and which labels those were."""

from collections.abc import Sequence

from clamshell_tui.formats import count, percent
from clamshell_tui.operator_app.pages.signs import Signs
from clamshell_tui.operator_app.view import View
from clamshell_tui.operator_app.widgets import Figure, Guide, Series
from clamshell_tui.replica.history import History, ModelPoint

_POINTS = 128  # models drawn at most; a plot has fewer cells


class LearningCurve:
    """Draws anew when there is another model; at most ``marks`` of them say which labels."""

    def __init__(self, signs: Signs, marks: int) -> None:
        self._signs = signs
        self._marks = marks
        self._models = -1
        self._figure = Figure()

    def figure(self, view: View) -> Figure:
        """Up to the moment; points say whether mostly active or passive labels were new."""
        models = view.history.models_until(view.at)
        if len(models) != self._models:
            self._models = len(models)
            self._figure = self._drawn(view, models)
        return self._figure

    def _drawn(self, view: View, models: Sequence[ModelPoint]) -> Figure:
        line = [model for model in thinned(models, _POINTS) if model.accuracy is not None]
        if not line:
            return Figure()
        marked = thinned(line, self._marks)
        after = mostly_active(view.history, marked)
        signs = self._signs
        return Figure(
            series=(
                *_lines(line, signs),
                Series("active", _points(marked, after, True), "points", "orange", signs.active),
                Series("random", _points(marked, after, False), "points", "sky", signs.passive),
            ),
            guides=_target(view),
            x_label="labels",
            x_format=count,
            y_format=_whole,
        )


def thinned(models: Sequence[ModelPoint], most: int) -> list[ModelPoint]:
    """Every one, or every 2nd, 4th, 8th, ... and the last: those kept stay, as models come."""
    step = 1
    while len(models) // step > most:
        step *= 2
    kept = list(models[::step])
    if models and kept[-1] is not models[-1]:
        kept.append(models[-1])
    return kept


def mostly_active(history: History, models: Sequence[ModelPoint]) -> list[bool]:
    """For each model, whether most of the labels since the one before were actively selected."""
    answers = []
    labels = active = 0
    for model in models:
        labels_now, active_now = model.labels_used, history.active_labels_until(model.labels_used)
        answers.append(2 * (active_now - active) > labels_now - labels)
        labels, active = labels_now, active_now
    return answers


def accuracy_kind(estimated: bool) -> str:
    """How an accuracy was found out."""
    return "cross-validated, an estimate" if estimated else "on held-out records"


def _target(view: View) -> tuple[Guide, ...]:
    accuracy = view.source.config.stop.accuracy
    if accuracy is None:
        return ()
    return (Guide(accuracy, f"target {accuracy:.0%}", axis="y", ink="good"),)


def _lines(models: Sequence[ModelPoint], signs: Signs) -> list[Series]:
    lines = []
    for name, estimated, ink in (("measured", False, "grey"), ("estimated", True, "purple")):
        points = _points(models, [model.estimated for model in models], estimated)
        if points:
            lines.append(Series(name, points, "line", ink, marker=signs.curve))
    return lines


def _points(
    models: Sequence[ModelPoint], marks: Sequence[bool], wanted: bool
) -> tuple[tuple[float, float], ...]:
    return tuple(
        [
            (model.labels_used, model.accuracy or 0.0)
            for model, mark in zip(models, marks, strict=True)
            if mark is wanted
        ]
    )


def _whole(share: float) -> str:
    return f"{share:.0%}" if round(share * 100, 6) % 1 == 0 else percent(share)
