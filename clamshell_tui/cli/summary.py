"""``clamshell summary``: summarise a run file."""

import sys
from pathlib import Path

import click

_EPILOG = """\b
Examples:
  clamshell summary run.db
  clamshell summary run.db --json | jq .cost
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(*, run_file: Path, as_json: bool) -> None:
    """Summarise a run file.

    FILE is a run file, such as clamshell run --out writes. It is never changed.
    """
    from clamshell_tui.run.summary import summarise, to_json
    from clamshell_tui.runfile.fold import current_tables
    from clamshell_tui.runfile.meta import unproven
    from clamshell_tui.runfile.reader import open_run

    with open_run(run_file) as file, unproven(run_file):
        tables, note = current_tables(file)
        summary = summarise(tables)
    if note:
        click.echo(f"clamshell: {note}", err=True)
    if as_json:
        click.echo(to_json(summary))
        return
    from clamshell_tui.cli.output import print_data, shows_unicode
    from clamshell_tui.report.render import render_summary

    with unproven(run_file):
        text = render_summary(summary, unicode=shows_unicode(sys.stdout))
    print_data(text)
