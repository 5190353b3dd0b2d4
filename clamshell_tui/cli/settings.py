"""``clamshell settings``: everything that a scenario may say."""

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

    With WORD only the settings that have it in their names, such as pool or threshold. Durations
    are seconds, latencies seconds per label, pay is dollars, shares are 0 to 1; in brackets stands
    what may be written. The whole list is a scenario itself, of nothing but defaults.
    """
    from clamshell_tui.scenario.reference import reference

    width = max(_NARROWEST, terminal_width() or _PIPED)
    click.echo(reference(word, width), nl=False)
