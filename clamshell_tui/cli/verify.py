"""``clamshell verify``: check a run file against its own journal."""

from pathlib import Path

import click

_EPILOG = """\b
Examples:
  clamshell verify run.db
  clamshell verify run.db --repair-tables
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--repair-tables",
    "repair",
    is_flag=True,
    help="First write all tables anew from the journal, if its hashes are right.",
)
def command(run_file: Path, *, repair: bool) -> None:
    """Verify a run file: hashes, replay, tables.

    Recomputes the hash of every journal entry, replays all events in a new engine, and compares
    every table with the result; a difference is named by table, row and column. An unfinished run,
    or one made by other rules, cannot be verified (exit 3). Only --repair-tables changes FILE.
    """
    from clamshell_tui.runfile.meta import changed_plugins
    from clamshell_tui.runfile.reader import open_run
    from clamshell_tui.runfile.verify import require_finished, verify
    from clamshell_tui.text import show

    name = show(run_file.name)
    if repair:
        _repair(run_file)
    with open_run(run_file) as file:
        for changed in changed_plugins(file.meta):
            click.echo(f"clamshell: {name}: {changed}", err=True)
        found = verify(file)
    require_finished(found, name)
    click.echo(f"{name}: {found.entries:,} journal entries, every hash is right.")
    click.echo(
        f"Replaying them gives every table, and exactly the recorded final state ({found.digest})."
    )


def _repair(run_file: Path) -> None:
    from clamshell_tui.coordinator.lock_file import LockFile
    from clamshell_tui.runfile.reader import open_run
    from clamshell_tui.runfile.repair import repair_tables
    from clamshell_tui.text import show

    open_run(run_file, check_pages=False).close()  # before a lock file stands beside it
    with LockFile(run_file):
        notes = repair_tables(run_file)
    for line in ("all tables were written anew from the journal", *notes):
        click.echo(f"clamshell: {show(run_file.name)}: {line}", err=True)
