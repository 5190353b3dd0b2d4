"""``clamshell verify``: check a run file against its own journal."""

from pathlib import Path

import click

_EPILOG = """\b
Example:
  clamshell verify run.db
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE", type=click.Path(path_type=Path))
def command(run_file: Path) -> None:
    """Verify a run file: hashes, replay, tables.

    Recomputes the hash of every journal entry, replays all events in a new engine, and compares
    every table with the result; a difference is named by table, row and column. An unfinished run,
    or one made by other rules, cannot be verified (exit 3). FILE is never changed.
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
