"""``clamshell settings``: the settings of a scenario."""

import click

from clamshell_tui.cli.output import terminal_width

_PIPED = 100  # characters of a line where stdout is no terminal
_NARROWEST = 80

_EPILOG = """\b
Examples:
  clamshell settings
  clamshell settings maintenance
  clamshell settings > mine.toml
"""


@click.command(epilog=_EPILOG)
@click.argument("word", required=False, default="")
def command(word: str) -> None:
    """List what a scenario may set, with defaults and meaning.

    With WORD, lists only settings with it in their names, such as pool or threshold. Durations are
    in seconds, latencies in seconds per label, pay in dollars, shares from 0 to 1; possible values
    are in brackets. The whole list is itself a scenario, with every setting at its default.
    """
    from clamshell_tui.scenario.reference import reference

    width = max(_NARROWEST, terminal_width() or _PIPED)
    click.echo(reference(word, width), nl=False)
