"""Reference pages of the handbook, generated from the code."""

import inspect
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from importlib import import_module
from typing import Any, get_args

import click
from msgspec import Struct
from msgspec.structs import fields

from clamshell_tui.cli.commands import COMMANDS
from clamshell_tui.cli.settings import all_settings
from clamshell_tui.experiments.advice import Advice, Point
from clamshell_tui.experiments.rerun import RerunRow
from clamshell_tui.run import metrics, summary
from clamshell_tui.runfile.draft_table import COORDINATOR_TABLES, DRAFT_DDL
from clamshell_tui.runfile.extra_table import EXTRA_DDL, FOLDED_TABLES
from clamshell_tui.runfile.schema import DDL, LIVE_DDL, TableSchema
from clamshell_tui.study import metrics as study_metrics
from clamshell_tui.wire.requester_messages import Labelled
from tests.docs import protocol_page

WIDTH = 100
_NOTE = "*Generated from the code by `python -m tests.docs write`; change it there.*"
_COMMENT = re.compile(r"^    (\w+): [^#\n]*#\s*(.+)$", re.MULTILINE)


def settings() -> str:
    about = (
        "Every key that a scenario may set, with its default, its meaning and, in brackets, its "
        "range or the names it takes. Durations are seconds, latencies seconds per label, pay "
        "dollars, shares 0 to 1. `clamshell settings` prints the same list; it is itself a "
        "scenario of nothing but defaults. What only a [study](study.md) may set is at the end."
    )
    return _page("Settings", about, f"```toml\n{all_settings('', WIDTH).rstrip()}\n```")


def metric_names() -> str:
    about = (
        "The names that `[[expect]]` takes as `metric`. `()` stands for a worker "
        "(`worker(W3).state`, `evicted(slow).first`), a batch (`batch(last).latency`) or a warning "
        "code. `clamshell test --metrics` prints the same list."
    )
    words = {name: _meaning(name, said) for name, said in metrics.described()}
    of_studies = (
        "## Of a study\n\nIn a study, `CONDITION:METRIC` is one of these of the run of a condition "
        "(`helped:labels.accuracy`; workers go by the label of the participant, and also how many "
        "got how far: `helped:participants.completed`). Money is in the currency of the study. Of "
        "the whole study there are:"
    )
    head = ("metric", "meaning")
    return _page(
        "Metrics",
        about,
        _table(head, words.items()),
        of_studies,
        _table(head, study_metrics.described()),
    )


def _meaning(name: str, said: str) -> str:
    """The comment beside the summary's field, where the metric is one of its numbers."""
    section, _, field = name.partition(".")
    models = {each.name: each.type for each in fields(summary.Summary) if _is_struct(each.type)}
    comment = _comments(models[section]).get(field) if section in models and field else None
    return comment or said


def commands() -> str:
    found = {f"clamshell {name}": import_module(COMMANDS[name].module).command for name in COMMANDS}
    found["clamshell-worker"] = import_module("worker_client.__main__").worker
    about = "Every command with its arguments and options; `COMMAND --help` prints the same.\n\n"
    about += (
        "The shell completes commands, options, built-in scenarios and files after "
        '`eval "$(_CLAMSHELL_COMPLETE=bash_source clamshell)"` in `~/.bashrc` (bash 4.4), or with '
        "`zsh_source` in `~/.zshrc`; in fish, `_CLAMSHELL_COMPLETE=fish_source clamshell | source`."
    )
    return _page("Commands", about, *(_command(name, each) for name, each in found.items()))


def run_file() -> str:
    about = (
        "A run file is an SQLite database. `journal` is the record of what happened: one row per "
        "event, as JSON, each hash covering the one before. The other tables are derived from it: "
        "they are those of the entry `tables_at` in `meta`, which is the last one in a file that "
        "was closed. Times are seconds since the start of the run, money is integer "
        "micro-dollars; in a condition of a study, amounts are in the `currency` in `meta`, also "
        "where a name says dollars. Only files of runs with checks have "
        "`extra_record`, and only those of live runs the last three tables, for the coordinator. "
        "This is format 2 (`PRAGMA user_version`)."
    )
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(DDL + LIVE_DDL + DRAFT_DDL + EXTRA_DDL)
        tables = [_columns(made, each) for each in (*FOLDED_TABLES, *COORDINATOR_TABLES)]
        views = [_view(made, name) for name in ("worker_pay", "assignment_latency")]
    return _page("Run file", about, *tables, *views)


def json_keys() -> str:
    about = (
        "Keys of the JSON that commands print. Durations are seconds, `micros` integer "
        "micro-dollars, shares 0 to 1; `null` means that the run cannot give the value. An "
        "interval is an array of mean, lower and upper bound. Of a condition of a study, amounts "
        "are in its currency, also where a name says dollars."
    )
    parts = [
        "## clamshell run --json, clamshell summary --json",
        "`run` prints an object for one scenario and an array for several; with `--compare` each "
        "object holds such a summary as `a` and another as `b`, and their `comparison`.",
        _table(("key", "value"), _rows(summary.Summary)),
        *_inside(summary.Summary),
        "## clamshell labels",
        "One object per line.",
        _keys(Labelled),
        "## clamshell label",
        "One object per line: `id`, `label` and `support` as above.",
        "## clamshell predict",
        "One object per line: `id`, `label`, `probability` (0 to 1) and `model` (its version).",
        "## clamshell rerun --json",
        "An array of metrics.",
        _keys(RerunRow),
        "## clamshell advise --json",
        _keys(Advice),
        "### points",
        _keys(Point),
        "## clamshell test --json FILE",
        "`passed` and `scenarios`; each scenario has `name`, `file`, `passed`, `seeds`, `died` "
        "(`seed`, `reason`) and `expectations` (`expected`, `because`, `passed`, `held` and "
        "`required` seeds, `got` by seed, `replay`: the command that shows a failure again).",
        "## clamshell paper --json",
        "An array of tables: `table`, `title`, `paper`, `seeds`, `first_seed`, `made_by`, "
        "`in_all`, `reasons` and `figures`; each figure has its group, `row`, `measure`, `mean`, "
        "`low`, `high`, `paper` and `verdict`.",
    ]
    return _page("JSON keys", about, *parts)


def protocol() -> str:
    about = (
        "For authors of clients: everything that a client, an operator's screen or a requester of "
        "your own needs. `tests/node_client` holds two that were written from this page."
    )
    return _page("Protocol", about, protocol_page.text())


GENERATED: dict[str, Callable[[], str]] = {
    "settings.md": settings,
    "metrics.md": metric_names,
    "commands.md": commands,
    "run-file.md": run_file,
    "json.md": json_keys,
    "protocol.md": protocol,
}


# Parts of a page


def _page(title: str, about: str, *parts: str) -> str:
    return "\n\n".join([f"# Reference: {title}", about, *parts, _NOTE]) + "\n"


def _table(head: tuple[str, str], rows: Any) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    lines += [f"| `{_cell(key)}` | {_cell(text)} |" for key, text in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _command(name: str, command: click.Command) -> str:
    # With the names of the real program: click keeps the first help option that it makes.
    context = click.Context(command, info_name=name, help_option_names=["-h", "--help"])
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    paragraphs = [f"## {name}", f"`{usage}`", _prose(command.help or "")]
    rows = [_option(each) for each in command.params if isinstance(each, click.Option)]
    if rows:
        paragraphs.append(_table(("option", "meaning"), rows))
    if command.epilog:
        paragraphs.append(f"```text\n{_lines(command.epilog)}\n```")
    return "\n\n".join(paragraphs)


def _prose(text: str) -> str:
    blocks = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        f"```text\n{_lines(each)}\n```" if each.startswith("\b") else " ".join(each.split())
        for each in blocks
    )


def _lines(text: str) -> str:
    return inspect.cleandoc(text.replace("\b\n", "").replace("\b", "")).strip()


def _option(option: click.Option) -> tuple[str, str]:
    names = ", ".join([*option.opts, *option.secondary_opts])
    says = option.help or ""
    if not option.is_flag:
        names += f" {option.metavar or option.type.name.upper().removesuffix(' RANGE')}"
        kind = option.type
        if isinstance(kind, click.types._NumberRangeBase):
            low = "above" if kind.min_open else "from"
            bounds = [
                f"{low} {kind.min}" if kind.min is not None else "",
                f"to {kind.max}" if kind.max is not None else "",
            ]
            says += f" Range: {' '.join(filter(None, bounds))}."
        if option.show_default:
            says += f" Default: {option.default}."
    return names, says


def _columns(made: sqlite3.Connection, table: TableSchema) -> str:
    return "\n\n".join([_view(made, table.name, _comments(table.row)), _about(table.row)])


def _view(made: sqlite3.Connection, name: str, comments: Mapping[str, str] | None = None) -> str:
    rows = []
    is_view = comments is None
    for _, column, kind, filled, _, in_key in made.execute(f"PRAGMA table_info({name})"):
        stored = kind or "computed"
        optional = " or NULL" if not (is_view or filled or in_key) else ""
        rows.append(
            (column, "; ".join(filter(None, [stored + optional, (comments or {}).get(column)])))
        )
    return f"## {name}\n\n" + _table(("column", "type"), rows)


def _keys(model: type[Struct]) -> str:
    return "\n\n".join([_about(model), _table(("key", "value"), _rows(model))])


def _rows(model: type[Struct]) -> Iterator[tuple[str, str]]:
    comments = _comments(model)
    for each in fields(model):
        yield (
            each.encode_name,
            "; ".join(filter(None, [_type(each.type), comments.get(each.name)])),
        )


def _inside(model: type[Struct]) -> Iterator[str]:
    for each in fields(model):
        for inner in (each.type, *get_args(each.type)):
            if _is_struct(inner):
                yield f"### `{each.encode_name}`"
                yield _keys(inner)


def _about(model: type) -> str:
    return _prose((inspect.getdoc(model) or "").replace("``", "`"))


def _comments(model: type) -> dict[str, str]:
    return dict(_COMMENT.findall(inspect.getsource(model)))


def _type(expected: Any) -> str:
    """``number``, ``text or null``, ``array``, ``object``."""
    if type(None) in get_args(expected):
        (some,) = (each for each in get_args(expected) if each is not type(None))
        return f"{_type(some)} or null"
    origin = getattr(expected, "__origin__", expected)
    names = {
        int: "integer",
        float: "number",
        str: "text",
        bool: "boolean",
        bytes: "bytes",
        tuple: "array",
        dict: "object",
    }
    if origin in names:
        return names[origin]
    return "object" if _is_struct(origin) else "text"


def _is_struct(expected: Any) -> bool:
    return isinstance(expected, type) and issubclass(expected, Struct)
