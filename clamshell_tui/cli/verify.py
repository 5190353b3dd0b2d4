"""``clamshell verify``: is a run file whole, and does its journal lead to what it says?"""

from pathlib import Path

import click

_EPILOG = """\b
Example:
  clamshell verify run.db
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE", type=click.Path(path_type=Path))
def command(run_file: Path) -> None:
    """Check that a run file is whole and true.

    Recomputes the hash of every journal entry, tells all events to a fresh engine, and compares
    every table with what they lead to: a difference is named by table, row and column. A run that
    is not finished, or was made by other rules, is not proven either (exit 3). FILE is only read.
    """
    from clamshell_tui.runfile.reader import open_run
    from clamshell_tui.runfile.verify import require_finished, verify
    from clamshell_tui.text import show

    name = show(run_file.name)
    with open_run(run_file) as file:
        found = verify(file)
    require_finished(found, name)
    click.echo(f"{name}: {found.entries:,} journal entries, every hash is right.")
    click.echo(
        f"Replaying them gives every table, and exactly the recorded final state ({found.digest})."
    )
