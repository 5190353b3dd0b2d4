"""``clamshell scenarios``: the built-in scenarios."""

from pathlib import Path
from shutil import copyfile

import click

from clamshell_tui.cli.options import complete_scenario, path_option
from clamshell_tui.scenario.shipped import find_built_in, stories, studies, title
from clamshell_tui.text import show

_EPILOG = """\b
Examples:
  clamshell scenarios
  clamshell scenarios stragglers > mine.toml
  clamshell scenarios helped-or-alone -o mine
"""


@click.command(epilog=_EPILOG)
@click.argument("name", required=False, shell_complete=complete_scenario)
@path_option("-o", "--out", metavar="DIR", help="Copy it here, with all files that it names.")
def command(name: str | None, out: Path | None) -> None:
    """List the built-in scenarios and studies, or show one.

    With NAME, prints its text, as a start for your own scenario. NAME may also be a table of the
    paper, such as t-sm; clamshell paper --list lists them.
    """
    if out is not None:
        if name is None:
            raise click.UsageError("name the scenario to copy (-o)")
        path = find_built_in(name)
        _copy(path, [path.name, *_named_files(path)], out)
        return
    if name is not None:
        click.echo(find_built_in(name).read_text(encoding="utf-8"), nl=False)
        return
    known = stories() | studies()
    width = max(map(len, known))
    for each, path in known.items():
        click.echo(f"{each:<{width}}  {show(title(path))}")


def _named_files(path: Path) -> tuple[str, ...]:
    """Return the files that a scenario or a study names, relative to it."""
    from clamshell_tui.scenario.load import load_scenario
    from clamshell_tui.study.load import is_study, load_study

    if not is_study(path):
        return load_scenario(path).files
    return tuple(name for name in load_study(path).digests if name != path.name)


def _copy(path: Path, names: list[str], folder: Path) -> None:
    """Copy files into a folder; none of them if one is there already."""
    from clamshell_tui.runfile.output_path import cannot_write, check_place

    targets = [folder / name for name in names]
    for target in targets:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(target, error) from error
        check_place(target, overwrite=False)
    for name, target in zip(names, targets, strict=True):
        try:
            copyfile(path.parent / name, target)
        except OSError as error:
            raise cannot_write(target, error) from error
    click.echo(f"in {show(str(folder))}: {', '.join(names)}", err=True)
