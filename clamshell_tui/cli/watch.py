"""``clamshell watch``: the operator's screen on a run."""

from pathlib import Path

import click

from clamshell_tui.cli.options import path_option
from clamshell_tui.cli.output import invitation

_EPILOG = """\b
Examples:
  clamshell watch --codes-file codes
  clamshell watch lab1:7777#FINGERPRINT --token T
  clamshell watch run.db
"""


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="[ADDRESS | FILE]", required=False)
@path_option("--codes-file", help="The file of clamshell serve --codes-file: address and token.")
@click.option(
    "--token",
    metavar="T",
    envvar="CLAMSHELL_OPERATOR_TOKEN",
    help="The operator token of the run; or in CLAMSHELL_OPERATOR_TOKEN.",
)
@click.option("--close-when-over", is_flag=True, help="Close the screen when the run is over.")
def command(
    *, what: str | None, codes_file: Path | None, token: str | None, close_when_over: bool
) -> int:
    """Watch a run on the operator's screen, and act on it.

    ADDRESS is the address of a coordinator (127.0.0.1:7777); FILE is the file of a run that is over
    or is being served on this machine. The screen is only a client: closing it does not affect the
    run.
    """
    from clamshell_tui.operator_app.start import watch, watch_file
    from clamshell_tui.runfile.output_path import LockedError
    from clamshell_tui.wire.invitation import read_codes

    if what is not None and (Path(what).suffix == ".db" or Path(what).exists()):
        try:
            return watch_file(Path(what), replay=False)
        except LockedError:
            codes_file = codes_file or _codes_of(Path(what))
        what = None  # it is being served
    codes = read_codes(codes_file) if codes_file is not None else None
    secret = token or (codes.operator if codes is not None else "")
    if not secret:
        raise click.UsageError(
            "no operator token. Name --codes-file FILE, or --token T with the token that "
            "clamshell serve printed after the word operator"
        )
    address = what or (codes.address if codes is not None else "127.0.0.1:7777")
    seats = {} if codes is None else {code: invitation(codes, code) for code in codes.seats}
    return watch(address, secret, seats=seats, closes=close_when_over)


def _codes_of(run_file: Path) -> Path:
    """Return the file of codes beside a run that is being served; InputError without one."""
    from clamshell_tui.errors import InputError
    from clamshell_tui.text import show
    from clamshell_tui.wire.invitation import codes_beside

    file = codes_beside(run_file)
    if not file.exists():
        raise InputError(
            f"{show(run_file.name)} is in use, and {show(file.name)}, which clamshell serve keeps "
            "beside it, is not there. Name --codes-file FILE, or ADDRESS and --token T"
        )
    return file
