"""``clamshell verify``: check a run file against its own journal."""

from pathlib import Path

import click

_EPILOG = """\b
Examples:
  clamshell verify run.db
  clamshell verify run.db --repair-tables
  clamshell verify study
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE | DIR", type=click.Path(path_type=Path))
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

    DIR is the folder of a study: its journal, its answers, the run of each condition, and whether
    they say the same of everybody. A study that goes on can be verified too.
    """
    from clamshell_tui.cli.progress import working
    from clamshell_tui.runfile.meta import changed_plugins
    from clamshell_tui.runfile.reader import open_run
    from clamshell_tui.runfile.verify import require_finished, verify
    from clamshell_tui.text import show

    if run_file.is_dir():
        if repair:
            raise click.UsageError("--repair-tables is for the run file of a condition")
        _verify_study(run_file)
        return
    name = show(run_file.name)
    if repair:
        _repair(run_file)
    with open_run(run_file) as file:
        for changed in changed_plugins(file.meta):
            click.echo(f"clamshell: {name}: {changed}", err=True)
        with working("replaying the run"):
            found = verify(file)
    require_finished(found, name)
    click.echo(f"{name}: {found.entries:,} journal entries, every hash is right.")
    click.echo(
        f"Replaying them gives every table, and exactly the recorded final state ({found.digest})."
    )


def _verify_study(folder: Path) -> None:
    from clamshell_tui.cli.progress import working
    from clamshell_tui.cli.study_folder import readable_study
    from clamshell_tui.study.verify import verify_study

    with working("replaying the study"), readable_study(folder) as place:
        found = verify_study(place)
    for line in found.lines():
        click.echo(line)
    if not found.finished:
        click.echo("the study is not over")


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
