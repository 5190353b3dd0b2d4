"""Options that several commands share."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from clamshell_tui.errors import InputError
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import codes_beside, read_codes

TOKEN_VARIABLE = "CLAMSHELL_TOKEN"
OPERATOR_VARIABLE = "CLAMSHELL_OPERATOR_TOKEN"


class CoordinatorOptions(NamedTuple):
    """Address of a coordinator, and the token of a requester or an operator."""

    address: str
    token: str


def coordinator_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--at``, ``--token`` and ``--codes-file``, the parameters of :func:`place`."""
    for option in (
        path_option(
            "--codes-file", help="The file of clamshell serve --codes-file: address and token."
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
    """Return the coordinator that the options name; ``--at`` and ``--token`` override the file."""
    if address is not None:
        from clamshell_tui.wire.connection import parse_address

        parse_address(address)  # report a bad address before a missing token
    if codes_file is not None:
        codes = read_codes(codes_file)
        return CoordinatorOptions(address or codes.address, token or codes.requester)
    if token is None:
        raise click.UsageError(
            "no requester token. Name --codes-file FILE, or --token T with the token that "
            "clamshell serve printed after the word requester"
        )
    return CoordinatorOptions(address or "127.0.0.1:7777", token)


def operator_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--token`` and ``--codes-file``, parameters of :func:`operator_place`."""
    for option in (
        click.option(
            "--token",
            metavar="T",
            envvar=OPERATOR_VARIABLE,
            help=f"The operator token of the run; or in {OPERATOR_VARIABLE}.",
        ),
        path_option(
            "--codes-file", help="The file of clamshell serve --codes-file: address and token."
        ),
    ):
        command = option(command)
    return command


def operator_place(
    address: str | None, token: str | None, codes_file: Path | None
) -> CoordinatorOptions:
    """Return the coordinator that the options name, with the operator's token."""
    codes = read_codes(codes_file) if codes_file is not None else None
    secret = token or (codes.operator if codes is not None else "")
    if not secret:
        raise click.UsageError(
            "no operator token. Name --codes-file FILE, or --token T with the token that "
            "clamshell serve printed after the word operator"
        )
    named = address or (codes.address if codes is not None else "127.0.0.1:7777")
    return CoordinatorOptions(named, secret)


def is_run_file(what: str) -> bool:
    """Return whether an argument is a run file rather than an address."""
    return Path(what).suffix == ".db" or Path(what).exists()


def codes_of(run_file: Path) -> Path:
    """Return the file of codes beside a run that is being served; InputError without one."""
    file = codes_beside(run_file)
    if not file.exists():
        raise InputError(
            f"{show(run_file.name)} is in use, and {show(file.name)}, which clamshell serve keeps "
            "beside it, is not there. Name --codes-file FILE, or ADDRESS and --token T"
        )
    return file


def complete_scenario(
    _: click.Context, __: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names of the built-in scenarios, or else files."""
    from clamshell_tui.scenario.shipped import stories

    names = [CompletionItem(name) for name in stories() if name.startswith(incomplete)]
    return names if incomplete and names else [*names, CompletionItem(incomplete, type="file")]


def path_option(*names: str, metavar: str = "FILE", **attributes: Any) -> Callable[..., Any]:
    """Add an option whose value is a Path; the file need not exist."""
    return click.option(*names, metavar=metavar, type=click.Path(path_type=Path), **attributes)


def record_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--id``, ``--text``, ``--numbers``, ``--no-header`` and ``--set``: how FILE is read."""
    for option in (
        settings_option,
        click.option(
            "--no-header",
            is_flag=True,
            help="CSV: row 1 is a record; the fields are called 1, 2, 3, ...",
        ),
        click.option(
            "--numbers", is_flag=True, help="Records are numbers: all fields but the named ones."
        ),
        click.option(
            "--text",
            metavar="FIELD",
            default="text",
            show_default=True,
            help="The field of the text.",
        ),
        click.option(
            "--id", "id_field", metavar="FIELD", help="The field of ids. Default: row numbers."
        ),
    ):
        command = option(command)
    return command


def settings_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--set``, the settings of a file that is read without a scenario."""
    return click.option(
        "--set",
        "settings",
        metavar="dataset.KEY=VALUE",
        multiple=True,
        help="How the records are written, such as dataset.delimiter=';'. Repeat it for more.",
    )(command)


def jobs_option(remark: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--jobs``, the parameter of :func:`processes`; its help ends with ``remark``."""
    return click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(1, 1024),
        help=f"Run in N processes (default: one for each core). {remark}".rstrip(),
    )


def processes(jobs: int | None) -> int:
    """Return the number of processes for ``--jobs``."""
    return jobs or os.cpu_count() or 1


def refuse_together(first: str, *others: str) -> None:
    """Refuse the option ``first`` together with any of the others, by names of parameters."""
    context = click.get_current_context()

    def given(name: str) -> bool:
        return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE

    spelled = {each.name: max(each.opts, key=len) for each in context.command.params}
    for other in others if given(first) else ():
        if given(other):
            raise click.UsageError(
                f"{spelled[first]} and {spelled[other]} contradict each other. Leave one out"
            )


def refuse_set(settings: Sequence[str], taken: Mapping[str, str]) -> None:
    """Refuse a ``--set`` of a key that another option decides on; ``taken`` are options by key."""
    for setting in settings:
        key = setting.partition("=")[0].strip()
        for other, option in taken.items():
            if f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}."):
                raise click.UsageError(
                    f"--set {key} and {option} contradict each other. Leave one out"
                )
