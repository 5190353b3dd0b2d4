"""``clamshell submit``: submit records to a running coordinator."""

from pathlib import Path

import click

from clamshell_tui.cli.options import coordinator_options, place, record_options

_EPILOG = """\b
Examples:
  clamshell submit tweets.jsonl --codes-file run.codes --last
  clamshell submit points.csv --numbers --id name --at lab1:7777 --token T
"""


@click.command(epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@coordinator_options
@record_options
@click.option(
    "--gold",
    metavar="FIELD",
    help="The field of known answers that workers are checked with; may be empty.",
)
@click.option("--truth", metavar="FIELD", help="The field of right answers, sent to bots only.")
@click.option("--last", is_flag=True, help="No more records will follow: let the run end.")
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
    gold: str | None,
    truth: str | None,
    last: bool,
) -> None:
    """Submit records to a running coordinator.

    FILE is CSV, TSV, JSON, JSONL or Parquet, recognised by its first bytes; - is JSONL from stdin.
    clamshell data FILE says how it is understood. Ends when all records are stored. The scenario of
    the coordinator must have [dataset] kind = "wire".
    """
    from clamshell_tui.cli.wire_records import STANDARD_INPUT, Columns, RecordsFile
    from clamshell_tui.client import Requester

    columns = Columns(id_field, None if numbers else text, gold, truth)
    source = RecordsFile(file, columns, settings, header=not no_header)
    if file != STANDARD_INPUT:
        source.check()
    with Requester(*place(address, token, codes_file)) as requester:
        accepted = requester.submit(source, last=last)
    source.say_notes()
    more = "; no more will follow" if last else ""
    click.echo(f"{accepted} record{'' if accepted == 1 else 's'} submitted{more}", err=True)
