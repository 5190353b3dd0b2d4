"""The final consensus of a run: every answer there is, late ones too, by Dawid-Skene."""

from clamshell_tui.runfile.tables import Tables


def final_labels(tables: Tables) -> dict[int, str]:
    """Record -> class, for every record with a delivered label.

    Costs an import of numpy and time in proportion to the answers: for the end of a run.
    """
    from clamshell_tui.report.dawid_skene import Opinion, dawid_skene

    records = {record: index for index, record in enumerate(tables.labels)}
    classes: dict[str, int] = {}
    workers: dict[str, int] = {}
    opinions: list[Opinion] = []
    for row in tables.answers:
        if row.record in records:
            name = tables.assignments[row.assignment].worker
            worker = workers.setdefault(name, len(workers))
            label = classes.setdefault(row.label, len(classes))
            opinions.append(Opinion(worker, records[row.record], label))
    if len(classes) < 2:
        return {record: row.label for record, row in tables.labels.items()}
    estimate = dawid_skene(
        opinions, n_workers=len(workers), n_records=len(records), n_classes=len(classes)
    )
    names = list(classes)
    chosen = estimate.labels.tolist()
    return {record: names[chosen[index]] for record, index in records.items()}


def final_accuracy(tables: Tables) -> float | None:
    """Share of the final labels that are right, where the truth is known; None if nowhere."""
    known = {record: row.truth for record, row in tables.labels.items() if row.truth is not None}
    if not known:
        return None
    final = final_labels(tables)
    return sum(final[record] == truth for record, truth in known.items()) / len(known)
