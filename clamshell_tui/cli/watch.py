"""``clamshell watch``: the operator's screen on a run."""

from pathlib import Path

import click

from clamshell_tui.cli.options import codes_of, is_run_file, operator_options, operator_place
from clamshell_tui.cli.output import invitation

_EPILOG = """\b
Examples:
  clamshell watch --codes-file codes
  clamshell watch lab1:7777#FINGERPRINT --token T
  clamshell watch run.db
  clamshell watch run.db --read-only                 # for a projector
  clamshell watch folder                             # of a study
"""


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="[ADDRESS | FILE]", required=False)
@operator_options
@click.option("--read-only", is_flag=True, help="Show the run without the keys that act on it.")
@click.option("--close-when-over", is_flag=True, help="Close the screen when the run is over.")
def command(
    *,
    what: str | None,
    codes_file: Path | None,
    token: str | None,
    read_only: bool,
    close_when_over: bool,
) -> int:
    """Watch a run on the operator's screen, and act on it.

    ADDRESS is the address of a coordinator (127.0.0.1:7777); FILE is the file of a run that is over
    or is being served on this machine, or the folder of a study that is being served. The screen is
    only a client: closing it does not affect the run.
    """
    from clamshell_tui.cli.child_screen import end_with_opener
    from clamshell_tui.operator_app.start import watch, watch_file
    from clamshell_tui.runfile.output_path import LockedError
    from clamshell_tui.wire.invitation import read_codes

    awaited = end_with_opener()
    if what is not None and Path(what).is_dir():
        codes_file, what = codes_file or _codes_of_study(Path(what)), None
    if what is not None and is_run_file(what):
        try:
            return watch_file(Path(what), replay=False)
        except LockedError:
            codes_file = codes_file or codes_of(Path(what))
        what = None  # it is being served
    place = operator_place(what, token, codes_file)
    seats = {}
    if codes_file is not None and not read_only:
        codes = read_codes(codes_file)
        seats = {code: invitation(codes, code) for code in codes.seats}
    return watch(
        place.address,
        place.token,
        seats=seats,
        closes=close_when_over,
        read_only=read_only,
        awaited=awaited,
    )


def _codes_of_study(folder: Path) -> Path:
    """Return the file of codes beside a study's folder; InputError unless it is being served."""
    from clamshell_tui.errors import InputError
    from clamshell_tui.runfile.output_path import LockedError
    from clamshell_tui.study.reader import read_file
    from clamshell_tui.study.schema import FILE
    from clamshell_tui.text import show

    name = show(str(folder))
    if not (folder / FILE).exists():
        raise InputError(f"{name} is a folder, and no study's. Name a run file in it")
    try:
        with read_file(folder / FILE):
            pass
    except LockedError:
        return codes_of(folder)
    raise InputError(
        f"the study in {name} is not being served. See clamshell summary {name}, or name the run "
        "file of a condition in it"
    )
