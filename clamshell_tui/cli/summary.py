"""``clamshell summary``: summarise a run file."""

import sys
from pathlib import Path

import click

_EPILOG = """\b
Examples:
  clamshell summary run.db
  clamshell summary run.db --json | jq .cost
  clamshell summary study
"""


@click.command(epilog=_EPILOG)
@click.argument("run_file", metavar="FILE | DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(*, run_file: Path, as_json: bool) -> None:
    """Summarise a run file.

    FILE is a run file, such as clamshell run --out writes. It is never changed. DIR is the folder
    of a study, live or over: how many got how far in each condition, how long the stages took, and
    what an hour was paid.
    """

    if run_file.is_dir():
        _study(run_file, as_json=as_json)
        return
    from clamshell_tui.run.summary import summarise, to_json
    from clamshell_tui.runfile.fold import current_tables
    from clamshell_tui.runfile.meta import unproven
    from clamshell_tui.runfile.reader import open_run

    with open_run(run_file) as file, unproven(run_file):
        tables, note = current_tables(file)
        summary = summarise(tables)
    if note:
        click.echo(f"clamshell: {note}", err=True)
    if as_json:
        click.echo(to_json(summary))
        return
    from clamshell_tui.cli.output import print_data, shows_unicode
    from clamshell_tui.report.render import render_summary

    with unproven(run_file):
        text = render_summary(summary, unicode=shows_unicode(sys.stdout))
    print_data(text)


def _study(folder: Path, *, as_json: bool) -> None:
    from clamshell_tui.cli.progress import working
    from clamshell_tui.cli.study_folder import readable_study
    from clamshell_tui.study.pay_list import read_earned
    from clamshell_tui.study.reader import read_study
    from clamshell_tui.study.summary import summarise

    with working("reading the study"), readable_study(folder) as place:
        study = read_study(place)
        earned = read_earned(study)
    itinerary, plan = study.itinerary, study.meta.plan
    people = list(itinerary.people.values())
    found = summarise(plan, people, earned, itinerary.now)
    bots = sum(person.bot for person in people)
    if as_json:
        import msgspec
        from msgspec.structs import asdict

        data = {"study": study.meta.name, "over": itinerary.finished, "bots": bots}
        click.echo(
            msgspec.json.format(msgspec.json.encode(data | asdict(found)), indent=2).decode()
        )
        return
    from clamshell_tui.cli.output import terminal_width
    from clamshell_tui.report.study_text import study_lines

    for line in study_lines(study.meta.name, found, width=terminal_width()):
        click.echo(line)
    if bots:
        click.echo(f"not counted: {bots} bots")
    if not itinerary.finished:
        click.echo("the study is not over")
