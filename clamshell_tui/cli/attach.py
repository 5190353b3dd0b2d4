"""Options of every command that talks to a running coordinator as its requester."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from clamshell_tui.client.codes import read_codes

TOKEN_VARIABLE = "CLAMSHELL_TOKEN"


class Place(NamedTuple):
    """Where to go, and what to show there."""

    address: str
    token: str


def coordinator_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--at``, ``--token`` and ``--codes-file``, as the parameters of :func:`place`."""
    for option in (
        click.option(
            "--codes-file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="The file that clamshell serve --codes-file wrote: address and token.",
        ),
        click.option(
            "--token",
            metavar="T",
            envvar=TOKEN_VARIABLE,
            help=f"The requester token of the run; or in {TOKEN_VARIABLE}.",
        ),
        click.option(
            "--at",
            "address",
            metavar="HOST:PORT",
            help="Where the coordinator listens (127.0.0.1:7777); with TLS, HOST:PORT#FINGERPRINT.",
        ),
    ):
        command = option(command)
    return command


def place(address: str | None, token: str | None, codes_file: Path | None) -> Place:
    """The coordinator that the options name; what is given by hand beats the file."""
    if address is not None:
        from clamshell_tui.client.line import parse_address

        parse_address(address)  # before anything is said of the token
    if codes_file is not None:
        codes = read_codes(codes_file)
        return Place(address or codes.address, token or codes.requester)
    if token is None:
        raise click.UsageError(
            "who is asking? Name --codes-file FILE, or --token T with the line that clamshell "
            "serve printed after the word requester"
        )
    return Place(address or "127.0.0.1:7777", token)
