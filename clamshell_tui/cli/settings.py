"""``clamshell settings``: the settings of a scenario."""

import click

from clamshell_tui.cli.output import terminal_width

_PIPED = 100  # characters of a line where stdout is no terminal
_NARROWEST = 80

_STUDY = "Tables of a study, which is a scenario with a list of stages (clamshell help study)."

_EPILOG = """\b
Examples:
  clamshell settings
  clamshell settings maintenance
  clamshell settings > mine.toml
"""


@click.command(epilog=_EPILOG)
@click.argument("word", required=False, default="")
def command(word: str) -> None:
    """List what a scenario or study may set, with defaults and meaning.

    With WORD, lists only settings with it in their names, such as pool or threshold. Durations are
    in seconds, latencies in seconds per label, pay in dollars, shares from 0 to 1; possible values
    are in brackets. The whole list is itself a scenario, with every setting at its default;
    what only a study may set stands there as comments.
    """
    click.echo(all_settings(word, max(_NARROWEST, terminal_width() or _PIPED)), nl=False)


def all_settings(word: str, width: int) -> str:
    """Return the settings of scenarios and studies with ``word`` in their names."""
    from clamshell_tui.scenario.reference import reference
    from clamshell_tui.study.config import StudyParts

    return reference(word, width, {_STUDY: StudyParts})
