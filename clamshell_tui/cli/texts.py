"""``clamshell texts``: the sentences that participants read, to be translated."""

from pathlib import Path

import click

from clamshell_tui.errors import InputError
from clamshell_tui.participant_texts.english import ENGLISH
from clamshell_tui.participant_texts.load import built_in, load_texts
from clamshell_tui.scenario.toml_text import to_toml
from clamshell_tui.text import show

_EPILOG = """\b
Examples:
  clamshell texts > mine.toml      # all sentences in English, to be replaced
  clamshell texts de               # in German
  clamshell texts --check mine.toml
"""


@click.command(epilog=_EPILOG)
@click.argument("language", default="en")
@click.option(
    "--check",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Say whether a file has every sentence with its placeholders.",
)
def command(language: str, check: Path | None) -> None:
    """Print the sentences that participants read, or check a file of them.

    LANGUAGE is en or de. A scenario names the file that replaces them: texts = "mine.toml", or a
    language that is built in: texts = "de".
    """
    if check is not None:
        click.echo(f"{show(check.name)}: all {len(load_texts(check))} sentences are there")
    elif language == "en":
        click.echo(to_toml(ENGLISH).lstrip(), nl=False)
    elif language in built_in():
        click.echo(built_in()[language].read_text("utf-8"), nl=False)
    else:
        known = ", ".join(["en", *built_in()])
        raise InputError(f'no sentences in "{show(language)}". Built in: {known}')
