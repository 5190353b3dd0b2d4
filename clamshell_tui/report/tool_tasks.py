"""An export as other tools read it: tasks of Label Studio, a data set of Hugging Face."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import quoteattr

from clamshell_tui.report.datapackage import Descriptor, codebook
from clamshell_tui.report.export import ExportTable, RunExport
from clamshell_tui.report.export_columns import Cell

_TYPES = {
    "string": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool",
    "datetime": "string",
}


def _dicts(table: ExportTable) -> list[dict[str, Cell]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def label_studio(export: RunExport, iso: Callable[[int], str]) -> tuple[list[dict[str, Any]], str]:
    """Return tasks for Label Studio's import, and the labelling configuration that fits them.

    An annotation is one answer of a participant, a prediction the label of the run. Skips are
    cancelled annotations.
    """
    shown = export.text[0] if export.text else "record_id"
    answers: defaultdict[Cell, list[dict[str, Cell]]] = defaultdict(list)
    for answer in _dicts(export.table("answers")):
        answers[answer["record_id"]].append(answer)
    ours = {"label", "source", "support", "votes", "confidence", "sampling_probability", "truth"}
    tasks = []
    for number, row in enumerate(_dicts(export.table("labels")), 1):
        given = answers[row["record_id"]]
        tasks.append(
            {
                "id": number,
                "data": {name: cell for name, cell in row.items() if name not in ours},
                "annotations": [_annotation(each, shown, iso) for each in given],
                "predictions": [_prediction(row, shown)] if row["label"] is not None else [],
            }
        )
    return tasks, _config(export, shown)


def _annotation(answer: dict[str, Cell], shown: str, iso: Callable[[int], str]) -> dict[str, Any]:
    milliseconds = answer["rt_ms"]
    moment = answer["answered_at"]
    return {
        "was_cancelled": answer["skipped"],
        "result": [] if answer["answer"] is None else [_choice(answer["answer"], shown)],
        "lead_time": None if milliseconds is None else float(milliseconds) / 1000,
        "created_at": None if moment is None else iso(int(moment)),
        "created_username": answer["participant"],
    }


def _prediction(row: dict[str, Cell], shown: str) -> dict[str, Any]:
    result = [_choice(row["label"], shown)]
    score = row["support"] if row["source"] == "crowd" else 1.0
    return {"model_version": row["source"], "score": score, "result": result}


def _choice(label: Cell, shown: str) -> dict[str, Any]:
    return {
        "from_name": "label",
        "to_name": shown,
        "type": "choices",
        "value": {"choices": [label]},
    }


def _config(export: RunExport, shown: str) -> str:
    choices = "".join(f"    <Choice value={quoteattr(name)}/>\n" for name in export.classes)
    name, value = quoteattr(shown), quoteattr(f"${shown}")
    return (
        f"<View>\n  <Text name={name} value={value}/>\n"
        f'  <Choices name="label" toName={name} choice="single">\n{choices}  </Choices>\n</View>\n'
    )


def huggingface_card(package: Descriptor) -> str:
    """Return the README of a data set: YAML that names the files and types, then the code book."""
    lines = ["---", "configs:"]
    for resource in package["resources"]:
        lines += [f"- config_name: {resource['name']}", f"  data_files: {resource['path']}"]
        if resource["name"] == "labels":
            lines.append("  default: true")
    lines.append("dataset_info:")
    for resource in package["resources"]:
        lines += [f"- config_name: {resource['name']}", "  features:"]
        for field in resource["schema"]["fields"]:
            lines += [f"  - name: {_yaml(field['name'])}", f"    dtype: {_TYPES[field['type']]}"]
    return "\n".join([*lines, "---", "", codebook(package)])


def _yaml(text: str) -> str:
    """Return a text in double quotes, as YAML reads JSON strings."""
    return json.dumps(text)
