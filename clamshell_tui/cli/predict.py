"""``clamshell predict``: predictions of a running coordinator's model."""

import sys
from pathlib import Path

import click

from clamshell_tui.cli.options import coordinator_options, place, record_options
from clamshell_tui.errors import ClamshellError

_EPILOG = """\b
Example:
  clamshell predict new.jsonl --codes-file run.codes > predictions.jsonl
"""


@click.command(epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@coordinator_options
@record_options
def command(
    *,
    file: str,
    address: str | None,
    token: str | None,
    codes_file: Path | None,
    id_field: str | None,
    text: str,
    numbers: bool,
    no_header: bool,
    settings: tuple[str, ...],
) -> None:
    """Ask the model of a running coordinator.

    Prints the predicted label of each record and its probability, one JSON object per line. FILE is
    CSV, TSV, JSON, JSONL or Parquet, recognised by its first bytes; - is JSONL from stdin. Nothing
    is submitted or paid.
    """
    import msgspec

    from clamshell_tui.cli.wire_records import Columns, RecordsFile
    from clamshell_tui.client import Requester

    columns = Columns(id_field, None if numbers else text)
    source = RecordsFile(file, columns, settings, header=not no_header)
    records = list(source)
    source.say_notes()
    with Requester(*place(address, token, codes_file)) as requester:
        predictions = requester.predict(records)
    if any(each.model == 0 for each in predictions):
        raise ClamshellError("there is no model yet: it needs some labels first")
    ids = iter(record.id for record in records)
    for each in predictions:
        for label, probability in zip(each.labels, each.probabilities, strict=True):
            said = {"id": next(ids), "label": label, "probability": probability}
            sys.stdout.write(msgspec.json.encode({**said, "model": each.model}).decode() + "\n")
