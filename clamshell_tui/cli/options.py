"""Options of every command that talks to a running coordinator as its requester.

The option ``--jobs`` of commands that run simulations in several processes.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from clamshell_tui.wire.invitation import read_codes

TOKEN_VARIABLE = "CLAMSHELL_TOKEN"


class CoordinatorOptions(NamedTuple):
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


def place(address: str | None, token: str | None, codes_file: Path | None) -> CoordinatorOptions:
    """The coordinator that the options name; what is given by hand beats the file."""
    if address is not None:
        from clamshell_tui.wire.connection import parse_address

        parse_address(address)  # before anything is said of the token
    if codes_file is not None:
        codes = read_codes(codes_file)
        return CoordinatorOptions(address or codes.address, token or codes.requester)
    if token is None:
        raise click.UsageError(
            "who is asking? Name --codes-file FILE, or --token T with the line that clamshell "
            "serve printed after the word requester"
        )
    return CoordinatorOptions(address or "127.0.0.1:7777", token)


def jobs_option(remark: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--jobs``, as the parameter of :func:`processes`; its help ends with ``remark``."""
    return click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(1, 1024),
        help=f"Run in N processes (default: one for each core). {remark}".rstrip(),
    )


def processes(jobs: int | None) -> int:
    """How many the option means."""
    return jobs or os.cpu_count() or 1
