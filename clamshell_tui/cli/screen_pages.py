"""A folder with the pictures of a study's screens, and a page that shows them in order."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from clamshell_tui.cli.rehearse_screens import ConditionPictures
from clamshell_tui.errors import InputError
from clamshell_tui.runfile.output_path import cannot_write
from clamshell_tui.text import show

INDEX = "index.html"
_MARK = "<!doctype html><!-- clamshell rehearse --screens -->"
_PAGE = """\
{mark}
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 100rem; margin: 2rem auto; padding: 0 1rem;
  background: #fff; color: #1d2329; }}
.row {{ display: flex; flex-wrap: wrap; gap: 1rem; }}
figure {{ flex: 1 1 30rem; max-width: 50rem; margin: 0; }}
img {{ width: 100%; }}
figcaption {{ font-size: .85rem; color: #59636e; }}
</style>
<h1>{title}</h1>
<p>The screens of a participant, {size}, as a bot in each condition saw them.</p>
{remarks}
{stages}
</html>
"""


def check_folder(folder: Path, *, force: bool) -> None:
    """Raise an error if pictures cannot be written there. Only our own folders are replaced."""
    name = show(folder.name)
    try:
        if not folder.absolute().parent.is_dir():
            raise cannot_write(folder, OSError(2, ""))
        if not os.path.lexists(folder):
            return
        empty = folder.is_dir() and not any(folder.iterdir())
        if not force and not empty:
            raise InputError(f"{name} exists; replace it with --force, or choose another name")
        if not empty and not _is_ours(folder):
            raise InputError(
                f"{name} holds no pictures of screens and is not replaced. Choose another name"
            )
    except OSError as error:
        raise cannot_write(folder, error) from error


def write_folder(
    folder: Path,
    name: str,
    size: tuple[int, int],
    taken: Sequence[ConditionPictures],
    remarks: Sequence[str],
) -> None:
    """Write all pictures and the page, or nothing; a folder of before is replaced."""
    try:
        with TemporaryDirectory(prefix=f".{folder.name[:80]}-", dir=folder.parent) as scratch:
            made = Path(scratch) / "made"
            for one in taken:
                (made / one.name).mkdir(parents=True)
                for file, picture in _files(one):
                    (made / one.name / file).write_text(picture, encoding="utf-8")
            (made / INDEX).write_text(_page(name, size, taken, remarks), encoding="utf-8")
            if folder.is_dir():
                folder.rename(Path(scratch) / "before")
            made.rename(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _is_ours(folder: Path) -> bool:
    with suppress(OSError), (folder / INDEX).open("rb") as file:
        return file.read(len(_MARK)) == _MARK.encode()
    return False


def _files(one: ConditionPictures) -> Iterator[tuple[str, str]]:
    """Names and contents: ``01-consent.svg``, ``01-consent-2.svg`` and so on."""
    counted: dict[str, int] = {}
    for picture in one.pictures:
        stage = f"{picture.number:02}-{picture.stage}"
        counted[stage] = counted.get(stage, 0) + 1
        number = f"-{counted[stage]}" if counted[stage] > 1 else ""
        yield f"{stage}{number}.svg", picture.svg


def _page(
    name: str,
    size: tuple[int, int],
    taken: Sequence[ConditionPictures],
    remarks: Sequence[str],
) -> str:
    files = {one.name: [file for file, _ in _files(one)] for one in taken}
    by_stage: dict[str, list[str]] = {}
    for one in taken:
        for file, picture in zip(files[one.name], one.pictures, strict=True):
            row = by_stage.setdefault(f"{picture.number:02} {picture.stage}", [])
            row.append(_figure(one.name, file))
    stages = "\n".join(
        f'<h2>{escape(stage)}</h2>\n<div class="row">{"".join(figures)}</div>'
        for stage, figures in sorted(by_stage.items())
    )
    said = "".join(f"<li>{escape(each)}</li>" for each in remarks)
    width, height = size
    return _PAGE.format(
        mark=_MARK,
        title=escape(show(name)),
        size=f"{width}x{height}",
        remarks=f"<ul>{said}</ul>" if said else "",
        stages=stages,
    )


def _figure(condition: str, file: str) -> str:
    place = escape(f"{condition}/{file}")
    return (
        f'<figure><img src="{place}" alt="{place}" loading="lazy">'
        f"<figcaption>{place}</figcaption></figure>"
    )
