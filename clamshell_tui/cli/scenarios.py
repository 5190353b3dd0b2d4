"""``clamshell scenarios``: the built-in scenarios."""

import click

from clamshell_tui.cli.options import complete_scenario
from clamshell_tui.scenario.shipped import find_built_in, stories, studies, title
from clamshell_tui.text import show

_EPILOG = """\b
Examples:
  clamshell scenarios
  clamshell scenarios stragglers > mine.toml
"""


@click.command(epilog=_EPILOG)
@click.argument("name", required=False, shell_complete=complete_scenario)
def command(name: str | None) -> None:
    """List the built-in scenarios and studies, or show one.

    With NAME, prints its text, as a start for your own scenario. NAME may also be a table of the
    paper, such as t-sm; clamshell paper --list lists them.
    """
    if name is not None:
        click.echo(find_built_in(name).read_text(encoding="utf-8"), nl=False)
        return
    known = stories() | studies()
    width = max(map(len, known))
    for each, path in known.items():
        click.echo(f"{each:<{width}}  {show(title(path))}")
