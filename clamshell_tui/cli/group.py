"""The click group of all commands."""

import os
import sys
from errno import EDQUOT, ENOSPC
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from clamshell_tui.cli.commands import COMMANDS, front_page
from clamshell_tui.errors import EnvironmentFaultError

READER_GONE = 141  # 128 + SIGPIPE, what a shell reports for any program in a pipe


class LazyGroup(click.Group):
    """Group of :data:`COMMANDS` that imports a command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name].module).command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands without an import of each, and options."""
        commands = [
            CompletionItem(name, help=entry.help)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from clamshell_tui.errors import did_you_mean

            hint = did_you_mean(args[0], COMMANDS)
            known = ", ".join(COMMANDS)
            raise click.UsageError(f'no command "{args[0]}"{hint}; there are {known}', ctx)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        return front_page()

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _discard_stdout()
            ctx.exit(READER_GONE)
        except OSError as error:
            if error.errno not in (ENOSPC, EDQUOT):
                raise
            _discard_stdout()
            raise EnvironmentFaultError(f"cannot write: {error.strerror}. Make room") from error
        return result


def _discard_stdout() -> None:
    """Redirect stdout to null: the interpreter flushes it once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="clamshell-tui", message="clamshell %(version)s")
@click.pass_context
def clamshell(context: click.Context) -> None:
    """Label data at interactive speed."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
