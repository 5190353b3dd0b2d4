"""The columns of the tables for analysis, with what they mean."""

from typing import Literal, NamedTuple

from clamshell_tui.core.commands import PayKind

Cell = str | int | float | bool | None
Kind = Literal["string", "integer", "number", "boolean", "datetime"]


class ExportColumn(NamedTuple):
    """A column: ``levels`` are its possible values, if they are few."""

    name: str
    kind: Kind
    about: str
    unit: str = ""
    levels: tuple[str, ...] = ()


VIAS = ("terminal", "ssh", "web", "bot")
USES = ("work", "check", "filler")
SOURCES = ("crowd", "machine", "gold", "seed")
REMARKS = ("skip", "flag", "comment")
STATES = (*("joined", "training", "reserve", "pool", "rejected", "evicted", "left", "released"),)
_RECORD = ExportColumn("record_id", "string", "Id of the record in the requester's data.")
_PARTICIPANT = ExportColumn("participant", "string", "Pseudonym of the worker.")


def answer_columns(classes: tuple[str, ...]) -> tuple[ExportColumn, ...]:
    return (
        _PARTICIPANT,
        _RECORD,
        ExportColumn(
            "assignment", "integer", "Number of the assignment: one worker's attempt at a task."
        ),
        ExportColumn("position", "integer", "Place of the record in its task, from 1."),
        ExportColumn(
            "use",
            "string",
            "What it was asked for: to be labelled, as a check of the worker, or to fill up a task "
            "that no check was left for.",
            "",
            USES,
        ),
        ExportColumn(
            "answer", "string", "The class that was chosen; empty if skipped.", "", classes
        ),
        ExportColumn("correct", "boolean", "Whether it is the true class, where that is known."),
        ExportColumn(
            "counted",
            "boolean",
            "Whether it is a vote; a late answer, a skip, a check and a filler are none.",
        ),
        ExportColumn(
            "shown_at", "datetime", "When the record was first shown (participant's clock)."
        ),
        ExportColumn(
            "answered_at",
            "datetime",
            "When its last label was chosen (participant's clock); without such times, when the "
            "answer to the task arrived.",
        ),
        ExportColumn(
            "rt_ms", "integer", "From shown_at to answered_at, where both were measured.", "ms"
        ),
        ExportColumn("changes", "integer", "How often a chosen label was replaced by another one."),
        ExportColumn("flagged", "boolean", "Whether the participant flagged the record."),
        ExportColumn("skipped", "boolean", "Whether the participant skipped the record."),
        ExportColumn("duplicate", "boolean", "Whether another worker had the task already."),
        ExportColumn("via", "string", "How the participant was connected.", "", VIAS),
    )


def label_columns(classes: tuple[str, ...]) -> tuple[ExportColumn, ...]:
    return (
        _RECORD,
        ExportColumn("label", "string", "The label; empty if there is none.", "", classes),
        ExportColumn(
            "source",
            "string",
            "Where the label is from: the crowd, a machine, or an answer known before (gold checks "
            "workers, seed trains the model).",
            "",
            SOURCES,
        ),
        ExportColumn(
            "support",
            "number",
            "Share of the votes for the label; with quality.confidence, the probability that it is "
            "right; of a machine, the share of such answers of its that were right.",
        ),
        ExportColumn("votes", "integer", "Answers to the record that counted."),
        ExportColumn(
            "confidence",
            "number",
            "Probability of the label by Dawid and Skene's estimate from all answers, late ones "
            "too; empty where no record has several. Of a machine's label, its own confidence.",
        ),
        ExportColumn(
            "sampling_probability",
            "number",
            "For a record drawn at random: the share of the records not chosen by the model that "
            "were drawn. Empty for a record that the model chose. For a record whose answer by a "
            "machine was good enough, labelled by it or by people: machine.audit, the probability "
            "that people label it.",
        ),
        ExportColumn("truth", "string", "The true class, where it is known.", "", classes),
    )


_WORKERS = (
    _PARTICIPANT,
    ExportColumn("state", "string", "Place of the worker at the end.", "", STATES),
    ExportColumn("reason", "string", "Why the session ended."),
    ExportColumn("via", "string", "How the participant was connected last.", "", VIAS),
    ExportColumn("joined_at", "datetime", "When the instructions were accepted."),
    ExportColumn("admitted_at", "datetime", "When the qualification was passed."),
    ExportColumn("seated_at", "datetime", "When the worker first got a slot of the pool."),
    ExportColumn("left_at", "datetime", "When the session ended."),
    ExportColumn("gold_right", "integer", "Right answers in the qualification."),
    ExportColumn("gold_asked", "integer", "Records of the qualification."),
    ExportColumn("checks_right", "integer", "Right answers to checks among the work."),
    ExportColumn("checks_asked", "integer", "Checks among the work that were answered in time."),
    ExportColumn("tasks_completed", "integer", "Tasks answered in time."),
    ExportColumn("tasks_terminated", "integer", "Tasks ended because another worker was quicker."),
    ExportColumn("tasks_given_back", "integer", "Tasks given back, lost or expired."),
    ExportColumn("records_answered", "integer", "Records answered, late ones too."),
    ExportColumn("records_skipped", "integer", "Records skipped, in tasks given back too."),
    ExportColumn("records_right", "integer", "Answers that are the true class."),
    ExportColumn("records_judged", "integer", "Answers to records whose true class is known."),
    ExportColumn("working", "number", "Time with a task in hand.", "s"),
    ExportColumn("waiting", "number", "Time waited, paid.", "s"),
    ExportColumn("training", "number", "Time in training, paid.", "s"),
)
FLAGS = (
    _PARTICIPANT,
    _RECORD,
    ExportColumn("at", "datetime", "When the coordinator received it."),
    ExportColumn("what", "string", "Kind of the remark.", "", REMARKS),
    ExportColumn("text", "string", "Reason of a skip, or the comment."),
)


def worker_columns(currency: str) -> tuple[ExportColumn, ...]:
    about = "Pay per hour of work, waiting and training."
    return (*_WORKERS, ExportColumn("hourly_wage", "number", about, f"{currency}/h"))


def pay_columns(currency: str) -> tuple[ExportColumn, ...]:
    kinds = {
        PayKind.WAITING: "Waiting.",
        PayKind.TRAINING: "Training.",
        PayKind.RECORDS: "Records answered.",
        PayKind.TERMINATED: "Work that another answer made unnecessary.",
        PayKind.PARTIAL: "Time on tasks and records that were given back.",
    }
    return (
        _PARTICIPANT,
        *[ExportColumn(str(kind), "number", about, currency) for kind, about in kinds.items()],
        ExportColumn("total", "number", "Sum of the columns before.", currency),
        ExportColumn("currency", "string", "Of all amounts.", "", (currency,)),
    )
