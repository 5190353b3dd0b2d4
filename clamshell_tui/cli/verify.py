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
    the state it ends in with the one that the run recorded. FILE is only read.
    """
    from clamshell_tui.runfile import open_run
    from clamshell_tui.scenario.replay import verify
    from clamshell_tui.text import show

    with open_run(run_file) as file:
        found = verify(file)
    click.echo(f"{show(run_file.name)}: {found.entries:,} journal entries, every hash is right.")
    if found.recorded:
        click.echo(f"Replaying them gives exactly the recorded final state ({found.digest}).")
    else:
        click.echo("Replaying them works; the run did not end, so no final state is recorded.")
