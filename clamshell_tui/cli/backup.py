"""``clamshell backup``: copy a run, also while it is being served."""

import os
from pathlib import Path

import click

from clamshell_tui.cli.options import (
    codes_of,
    is_run_file,
    operator_options,
    operator_place,
    path_option,
)

_EPILOG = """\b
Examples:
  clamshell backup run.db
  clamshell backup run.db -o copies/noon.db
  clamshell backup study -o copies/study-noon
  clamshell backup lab1:7777#FINGERPRINT --token T -o noon.db
"""


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="FILE | ADDRESS")
@path_option("-o", "--out", help="Write the copy here. Default: FILE with the time in its name.")
@operator_options
@click.option("--force", is_flag=True, help="Let an existing copy be replaced.")
def command(
    *, what: str, out: Path | None, codes_file: Path | None, token: str | None, force: bool
) -> None:
    """Copy a run, also while it is being served.

    The copy is verified. FILE may be served at the moment: its coordinator then sends the copy, as
    that of an ADDRESS on another machine (127.0.0.1:7777) does. The copy holds all that was
    acknowledged up to now; clamshell restore puts it back. The copy of the folder of a study is a
    folder, which can be served in its place.
    """
    from clamshell_tui.runfile.backup import write_back_up
    from clamshell_tui.runfile.output_path import check_apart, check_place
    from clamshell_tui.runfile.reader import looks_like_a_run
    from clamshell_tui.text import show

    path = Path(what) if is_run_file(what) else None
    if path is not None and path.is_dir():
        _study(path, out, codes_file)
        return
    place = out or _default(path or Path("run.db"))
    check_apart({"--out": place}, [] if path is None else [path])
    check_place(place, overwrite=force, ours=looks_like_a_run, kind="a run file")
    image = _image(path, what, codes_file, token)
    found = write_back_up(place, [image])
    click.echo(f"{show(str(place))}: {found.entries:,} journal entries, verified")


def _study(folder: Path, out: Path | None, codes_file: Path | None) -> None:
    """Copy the folder of a study to a new folder."""
    import asyncio

    from clamshell_tui.client.backup import fetch_back_up
    from clamshell_tui.errors import InputError
    from clamshell_tui.runfile.output_path import LockedError
    from clamshell_tui.study.backup import archive_of, write_folder
    from clamshell_tui.text import show

    place = out or _default(folder).with_suffix("")
    if os.path.lexists(place):
        raise InputError(f"{show(str(place))} exists. Name another folder with --out")
    try:
        copied = archive_of(folder)
    except LockedError:
        found = codes_file or codes_of(folder)
        copied = asyncio.run(fetch_back_up(*operator_place(None, None, found)))
    for line in write_folder(place, copied).lines():
        click.echo(f"{show(str(place))}: {line}")


def _image(
    path: Path | None, address: str | None, codes_file: Path | None, token: str | None
) -> bytes:
    import asyncio

    from clamshell_tui.client.backup import fetch_back_up
    from clamshell_tui.runfile.backup import image_of
    from clamshell_tui.runfile.output_path import LockedError

    if path is not None:
        try:
            return image_of(path)
        except LockedError:
            codes_file = codes_file or codes_of(path)
        address = None  # it is being served
    return asyncio.run(fetch_back_up(*operator_place(address, token, codes_file)))


def _default(path: Path) -> Path:
    from datetime import datetime

    now = datetime.now()  # noqa: DTZ005, TID251  # users look for a copy by local time
    return path.with_name(f"{path.stem}-{now:%Y%m%d-%H%M%S}.db")
