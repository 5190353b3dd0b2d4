"""The columns of the tables of a study, with what they mean."""

from collections.abc import Sequence

from clamshell_tui.report.export_columns import (
    FLAGS,
    SOURCES,
    VIAS,
    ExportColumn,
    answer_columns,
    label_columns,
)
from clamshell_tui.study.pay import KINDS

USES = ("work", "check", "filler", "training", "qualification")
OUTCOMES = ("completed", "declined", "not-qualified", "withdrawn", "dropped-out", "ended")
QUESTION_KINDS = ("likert", "number", "choice", "text")
LABEL_COLUMNS = ("record_id", "label", "source", "support", "votes", "truth")
"""Columns of a run's labels that a study's labels have, after the condition."""

PARTICIPANT = ExportColumn("participant", "string", "Label of the participant.")
_SHA = ExportColumn("text_sha256", "string", "SHA-256 of the consent text that was shown.")


def _condition(names: Sequence[str]) -> ExportColumn:
    return ExportColumn(
        "condition", "string", "The participant's condition; empty before it is drawn.", "",
        tuple(names),
    )  # fmt: skip


def _stage(names: Sequence[str]) -> ExportColumn:
    about = "The stage; of several of a kind, the second has -2 at its name, and so on."
    return ExportColumn("stage", "string", about, "", tuple(names))


def answers(
    classes: tuple[str, ...], conditions: Sequence[str], stages: Sequence[str]
) -> tuple[ExportColumn, ...]:
    """Columns of the answers: those of a run, with the condition and the stage."""
    changed = {
        "record_id": "Id of the record in the data of the study.",
        "assignment": "Number of the assignment in the run of the condition; empty outside work.",
        "position": "Place of the record in its task, from 1; in training and qualification, "
        "number of the answer in the stage (a record of the training is asked until it is right).",
        "counted": "Whether it is a vote; a late answer, a skip, a check, a filler and an answer "
        "outside work are none.",
        "shown_at": "When the record was first shown (participant's clock); in training and "
        "qualification, answered_at less rt_ms.",
    }
    columns = [
        column._replace(
            about=changed.get(column.name, column.about),
            levels=USES if column.name == "use" else column.levels,
        )
        for column in answer_columns(classes)[1:]
    ]
    return (PARTICIPANT, _condition(conditions), _stage(stages), *columns)


def labels(classes: tuple[str, ...], conditions: Sequence[str]) -> tuple[ExportColumn, ...]:
    """Columns of the labels: one for each record and condition."""
    known = {column.name: column for column in label_columns(classes)}
    known["votes"] = ExportColumn(
        "votes",
        "integer",
        "Answers to the record that counted, also those of bots, and of participants who had "
        "their data deleted later.",
    )
    known["source"] = known["source"]._replace(levels=SOURCES)
    where = ExportColumn(
        "condition", "string", "The condition that labelled it.", "", tuple(conditions)
    )
    return (where, *[known[name] for name in LABEL_COLUMNS])


def participants(conditions: Sequence[str]) -> tuple[ExportColumn, ...]:
    """Columns of the participants."""
    return (
        PARTICIPANT,
        _condition(conditions),
        ExportColumn(
            "block", "integer", "Block of the randomisation, from 1; empty if it was not drawn."
        ),
        ExportColumn("arrived_at", "datetime", "When the code was first used; empty: never."),
        ExportColumn("ended_at", "datetime", "When nothing but the debrief was left."),
        ExportColumn("outcome", "string", "How it ended; empty while under way.", "", OUTCOMES),
        ExportColumn("via", "string", "How the participant was connected last.", "", VIAS),
        ExportColumn("qualified", "boolean", "Whether the qualification was passed."),
        ExportColumn("checks_asked", "integer", "Checks among the work, answered in time."),
        ExportColumn("checks_right", "integer", "Those answered right."),
        ExportColumn("records", "integer", "Records answered in the work."),
        ExportColumn("active_ms", "integer", "From consent to the end, without absence.", "ms"),
    )


CONSENT = (
    PARTICIPANT,
    ExportColumn("decision", "string", "The answer.", "", ("consented", "declined")),
    ExportColumn("at", "datetime", "When it was given."),
    _SHA,
    ExportColumn("withdrawn_at", "datetime", "When the participant withdrew."),
    ExportColumn(
        "deleted",
        "boolean",
        "Whether the data were deleted on request; no other table has the participant then.",
    ),
)


def questionnaire(stages: Sequence[str]) -> tuple[ExportColumn, ...]:
    """Columns of the questionnaires: one row for each question that was shown."""
    return (
        PARTICIPANT,
        _stage(stages),
        ExportColumn("question", "string", "Id of the question."),
        ExportColumn("kind", "string", "Kind of the question.", "", QUESTION_KINDS),
        ExportColumn("value", "string", "The step, number, option or text; empty: left out."),
        ExportColumn("answered_at", "datetime", "When the questionnaire was sent."),
    )


FLAG_COLUMNS = (PARTICIPANT, *FLAGS[1:])


def stages(names: Sequence[str]) -> tuple[ExportColumn, ...]:
    """Columns of the visits of stages."""
    return (
        PARTICIPANT,
        _stage(names),
        ExportColumn("visit", "integer", "Number of the visit of this stage, from 1."),
        ExportColumn("entered_at", "datetime", "When it began."),
        ExportColumn("left_at", "datetime", "When it ended; empty while under way."),
        ExportColumn("outcome", "string", "Why it ended."),
    )


def pay(currency: str) -> tuple[ExportColumn, ...]:
    """Columns of the pay, as ``clamshell pay`` lists it."""
    about = {
        "show_up": "For coming.",
        "stages": "Time in gates and paid stages.",
        "records": "Records labelled, also in vain.",
        "waiting": "Waiting for work.",
        "bonus": "Bonuses, by rule and by operators.",
        "top_up": "Up to the hourly floor, or the minimum.",
        "correction": "Corrections by operators.",
        "rounding": "Rounding up of the total.",
    }
    return (
        PARTICIPANT,
        *[ExportColumn(kind, "number", about[kind], currency) for kind in KINDS],
        ExportColumn("total", "number", "Sum of the columns before.", currency),
        ExportColumn("currency", "string", "Of all amounts.", "", (currency,)),
        ExportColumn("paid_at", "datetime", "When it was handed over last; empty: not yet."),
    )
