"""The words around the boxes of the overview."""

from clamshell_tui.formats import count
from clamshell_tui.operator_app.pages.pace import whole
from clamshell_tui.operator_app.view import View


def batch_title(view: View) -> str:
    """Above the strip of tasks."""
    notes = view.history.batches_until(view.at)
    if not notes:
        return "Batch"
    tasks, records = len(notes[-1].batch.tasks), notes[-1].records
    over = "" if view.frame.run.batch else ", done"
    size = f"{count(tasks, 'task')} of {count(records, 'record')}"
    return f"Batch {notes[-1].batch.id + 1}, {size}{over}"


def batch_note(view: View) -> str:
    """Below it."""
    batch = view.frame.run.batch
    if batch is None:
        return ""
    ranking = f", ranked by model {batch.model}" if batch.model else ""
    return f"{batch.done} of {batch.tasks} done, {whole(batch.age)} old{ranking}"


def nothing_yet(view: View) -> str:
    """In place of the tasks, before the first batch."""
    run = view.frame.run
    if run.phase == "recruiting":
        return (
            f"The first batch is cut when enough slots are filled: {run.seated} of {run.slots} are."
        )
    return "The tasks of a batch stand here."


def curve_title(view: View) -> str:
    """Above the learning curve, or what stands in its place."""
    model = view.frame.run.model
    if not view.source.config.learning.enabled:
        return "Labels over time"
    if not model.version:
        return "Model"
    how = "estimated" if model.estimated else "held out"
    return f"Model {model.version}, accuracy {how}"


def curve_note(view: View) -> str:
    """Below it."""
    labels = view.history.labels_until(view.at)
    if not view.source.config.learning.enabled:
        return ""
    active = view.history.active_labels_until(labels)
    return f"{count(active)} active, {count(labels - active)} random labels" if labels else ""
