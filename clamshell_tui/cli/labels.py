"""``clamshell labels``: print the labels of a running coordinator."""

import sys
from pathlib import Path

import click

from clamshell_tui.cli.options import coordinator_options, place

_EPILOG = """\b
Examples:
  clamshell labels --codes-file run.codes
  clamshell labels --codes-file run.codes --follow | jq -r .label
  clamshell labels --codes-file run.codes --follow --since 120 >> labels.jsonl
"""


@click.command(epilog=_EPILOG)
@coordinator_options
@click.option("--follow", is_flag=True, help="Wait for further labels until the run is over.")
@click.option(
    "--since",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    help="Begin with label number N, counted from 0.",
)
def command(
    *, address: str | None, token: str | None, codes_file: Path | None, follow: bool, since: int
) -> None:
    """Print the labels of a running coordinator.

    Labels are printed in the order of delivery. Each line is a JSON object of number, id, label,
    support and at (seconds since the run began). For a finished run, use clamshell export.

    With quality.confidence, support is the probability that the label is right, given the votes,
    how often each of their workers agreed with others, and how frequent each class is. Otherwise it
    is the label's share of the votes (of their weight with weighted-majority), 1 for a single vote.
    """
    import msgspec

    from clamshell_tui.client import Requester

    with Requester(*place(address, token, codes_file)) as requester:
        for label in requester.labels(follow=follow, since=since):
            sys.stdout.write(msgspec.json.encode(label).decode() + "\n")
            if follow:
                sys.stdout.flush()
