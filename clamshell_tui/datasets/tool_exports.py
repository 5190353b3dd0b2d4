"""Recognises the JSON of labelling tools, and makes flat rows of it.

- Prodigy: ``answer`` is accept, reject or ignore. Only an accepted label is one; ``accept`` holds
  the choice of a multiple choice.
- Label Studio: the record is in ``data``, the answers in ``annotations``; each becomes a field
  called as its control (``from_name``), as in the tool's own CSV.
- doccano: ``label`` or ``labels`` is a list.
- Hugging Face: rows of the data viewer are in ``row``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from clamshell_tui.datasets.checks import SourceLine

_Fields = dict[str, Any]


class Export:
    """A file of no known tool: rows are flat. ``label`` is the column of labels, if it is known."""

    tool = ""

    def __init__(self, label: str | None) -> None:
        self._label = label
        self._unknown: Counter[str] = Counter()

    def flat(self, row: _Fields) -> _Fields:
        """Return a row of fields, counting the labels in it that are taken as unknown."""
        return row

    def notes(self) -> list[str]:
        if not self.tool:
            return []
        counts = [f"{count} {why}" for why, count in self._unknown.items()]
        return [f"an export of {self.tool}" + "".join(f"; {each}" for each in counts)]


class _Prodigy(Export):
    tool = "Prodigy"

    def flat(self, row: _Fields) -> _Fields:
        row = dict(row)
        if "label" not in row and isinstance(row.get("accept"), list):
            row["label"] = row["accept"]
        answer = row.get("answer", "accept")
        if answer != "accept":
            self._unknown[f'labels were answered "{answer}" and are taken as unknown'] += 1
            for name in {"label", "accept", self._label or "label"} & row.keys():
                row[name] = None
        return row


class _Doccano(Export):
    tool = "doccano"

    def flat(self, row: _Fields) -> _Fields:
        found = row.get(self._label or "label")
        if isinstance(found, list) and len(found) > 1:
            self._unknown["records have several labels, which are taken as unknown"] += 1
        return row


class _LabelStudio(Export):
    tool = "Label Studio"

    def flat(self, row: _Fields) -> _Fields:
        flat = {"id": row.get("id"), **row["data"]}
        answers: dict[str, list[Any]] = {}
        for annotation in row.get("annotations") or row.get("completions") or ():
            if not annotation.get("was_cancelled"):
                for control, answer in _choices(annotation):
                    answers.setdefault(control, []).append(answer)
        for control, given in answers.items():
            agreed = all(each == given[0] for each in given)
            flat[control] = given[0] if agreed else None
            if not agreed:
                self._unknown[f'records have different answers "{control}", taken as unknown'] += 1
        return flat


class _Spacy(Export):
    """``cats`` has a number for each class: 1 for that of the text, 0 for the others."""

    tool = "spaCy"

    def flat(self, row: _Fields) -> _Fields:
        scores = row.get("cats") or {}
        chosen = [name for name, score in scores.items() if score == 1]
        if len(chosen) != 1:
            self._unknown["texts have no class or several, and are taken as unknown"] += 1
        return {**row, "label": chosen}


class _HuggingFace(Export):
    tool = "Hugging Face's data viewer"

    def flat(self, row: _Fields) -> _Fields:
        return {"row_idx": row.get("row_idx"), **row["row"]}


def recognised(row: Mapping[str, Any], label: str | None, place: SourceLine) -> Export:
    """Return the tool that wrote a file with this first row."""
    keys = row.keys()
    if _is_by_columns(row):
        raise place.error(
            "a table by columns, as pandas writes it, not by records. Write it with "
            'to_json(FILE, orient="records", lines=True)'
        )
    if "answer" in keys and keys & {"_task_hash", "_input_hash", "_view_id", "_session_id"}:
        return _Prodigy(label)
    if isinstance(row.get("data"), dict) and keys & {"annotations", "completions", "predictions"}:
        return _LabelStudio(label)
    if isinstance(row.get("cats"), dict) and "label" not in keys:
        return _Spacy(label)
    if isinstance(row.get("row"), dict) and "row_idx" in keys:
        return _HuggingFace(label)
    if keys & {"label", "labels"} and keys & {"Comments", "annotation_approver"}:
        return _Doccano(label)
    return Export(label)


def _is_by_columns(row: Mapping[str, Any]) -> bool:
    if set(row) == {"columns", "index", "data"}:
        return True
    values = list(row.values())
    if len(values) < 2 or not all(isinstance(value, dict) for value in values):
        return False
    return all(map(str.isdecimal, row)) or all("0" in value for value in values)


def _choices(annotation: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the controls of an annotation with their answers."""
    for result in annotation.get("result") or ():
        value = result.get("value") or {}
        for kind in ("choices", "rating", "number"):
            if kind in value:
                yield str(result.get("from_name", kind)), value[kind]
