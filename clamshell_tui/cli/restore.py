"""``clamshell restore``: put a copy of a run in the place of its file."""

from pathlib import Path

import click

_EPILOG = """\b
Examples:
  clamshell restore noon.db run.db
  clamshell restore noon.db run.db --force
"""


@click.command(epilog=_EPILOG)
@click.argument("copy", metavar="COPY", type=click.Path(path_type=Path))
@click.argument("run_file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Let an existing run be replaced.")
def command(copy: Path, run_file: Path, *, force: bool) -> None:
    """Put a copy of a run in the place of its file.

    COPY was made by clamshell backup, and is verified first. clamshell serve with the same scenario
    and --db FILE then goes on from there. What was acknowledged after the copy was made is lost.
    """
    from clamshell_tui.coordinator.lock_file import LockFile
    from clamshell_tui.runfile.backup import restore
    from clamshell_tui.runfile.output_path import check_apart, check_place
    from clamshell_tui.text import show

    check_apart({"FILE": run_file}, [copy])
    with LockFile(run_file):
        check_place(run_file, overwrite=force, ours=_is_a_run, kind="a run file")
        restored = restore(copy, run_file)
    name = show(str(run_file))
    click.echo(f"{name}: {restored.found.entries:,} journal entries, verified")
    if restored.lacking:
        click.echo(
            f"clamshell: {restored.lacking:,} acknowledged entries of {name} are not in this copy",
            err=True,
        )


def _is_a_run(path: Path) -> bool:
    """Whether a file may be replaced: one of a killed coordinator may be all in its log."""
    from clamshell_tui.runfile.reader import looks_like_a_run

    return looks_like_a_run(path) or path.with_name(f"{path.name}-wal").exists()
