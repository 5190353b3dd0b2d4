"""``clamshell replay``: play a finished run on the operator's screen."""

from pathlib import Path

import click

_EPILOG = """\b
Examples:
  clamshell run quickstart --out run.db && clamshell replay run.db
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE", type=click.Path(path_type=Path))
def command(run_file: Path) -> int:
    """Play a run file on the operator's screen.

    FILE may be of a live or a simulated run, of this machine or another. space plays and pauses,
    [ and ] change the speed, e, d and b go to the next eviction, duplicate and batch.
    """
    from clamshell_tui.operator_app.start import watch_file

    return watch_file(run_file, replay=True)
