"""``clamshell help``: the pages of the handbook, which is a folder of Markdown in the package."""

from pathlib import Path

import click

from clamshell_tui.errors import InputError, did_you_mean
from clamshell_tui.terminal.capabilities import why_no_screen
from clamshell_tui.text import show

HANDBOOK = Path(__file__).resolve().parent.parent / "handbook"

_EPILOG = """\b
Examples:
  clamshell help
  clamshell help lab-session
  clamshell help settings | less
"""


def _complete_topic(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [topic for topic in topics() if topic.startswith(incomplete)]


@click.command(epilog=_EPILOG)
@click.argument("topic", required=False, default="", shell_complete=_complete_topic)
def command(topic: str) -> int | None:
    """Show a page of the handbook, or list the pages.

    In a terminal, TOPIC opens in a viewer with links and a table of contents. In a pipe it is
    printed as plain text (Markdown).
    """
    known = topics()
    if not topic:
        click.echo("\n".join(_listed(known)))
        return None
    page = known.get(topic)
    if page is None:
        hint = did_you_mean(topic, known) or _containing(topic, known)
        raise InputError(
            f'no page of the handbook is called "{show(topic)}"{hint}. '
            "clamshell help lists the pages"
        )
    if why_no_screen():
        click.echo(page.read_text(encoding="utf-8"), nl=False)
        return None
    from clamshell_tui.cli.help_screen import HandbookApp

    app = HandbookApp(page)
    app.run()
    if app.crash is not None:
        raise app.crash
    return app.return_code or 0


def topics() -> dict[str, Path]:
    """Pages by topic, how-tos before references."""
    pages = sorted(HANDBOOK.glob("*.md"), key=lambda page: (_is_reference(page), page.stem))
    return {page.stem: page for page in pages}


def title(page: Path) -> str:
    """The heading in the first line."""
    with page.open(encoding="utf-8") as lines:
        return next(lines).lstrip("# ").strip()


def _is_reference(page: Path) -> bool:
    return title(page).startswith("Reference")


def _listed(known: dict[str, Path]) -> list[str]:
    width = max(map(len, known))
    return [f"{topic:<{width}}  {title(page)}" for topic, page in known.items()]


def _containing(topic: str, known: dict[str, Path]) -> str:
    found = [each for each in known if topic.lower() in each]
    return f' (did you mean "{found[0]}"?)' if found else ""
