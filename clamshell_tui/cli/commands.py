"""The commands by name, and the front page. Nothing is imported, so that --help is quick."""

from typing import NamedTuple


class CommandEntry(NamedTuple):
    """The module of a command, and the first line of its help."""

    module: str
    help: str


COMMANDS = {
    "run": CommandEntry("clamshell_tui.cli.run", "Run scenarios and print a summary."),
    "test": CommandEntry("clamshell_tui.cli.test", "Test scenarios, in virtual time or live."),
    "data": CommandEntry(
        "clamshell_tui.cli.data", "Say how a file of records is understood, before a run."
    ),
    "summary": CommandEntry("clamshell_tui.cli.summary", "Summarise a run file."),
    "report": CommandEntry(
        "clamshell_tui.cli.report", "Write a run file as one HTML page, with its figures."
    ),
    "export": CommandEntry(
        "clamshell_tui.cli.export",
        "Write the data of a run for analysis: answers, labels, workers, flags and pay.",
    ),
    "verify": CommandEntry(
        "clamshell_tui.cli.verify", "Verify a run file: hashes, replay, tables."
    ),
    "backup": CommandEntry(
        "clamshell_tui.cli.backup", "Copy a run, also while it is being served."
    ),
    "restore": CommandEntry(
        "clamshell_tui.cli.restore", "Put a copy of a run in the place of its file."
    ),
    "trace": CommandEntry(
        "clamshell_tui.cli.trace", "Estimate the workers of a run: speed and accuracy."
    ),
    "rerun": CommandEntry(
        "clamshell_tui.cli.rerun", "Run a recorded session again under another policy."
    ),
    "advise": CommandEntry(
        "clamshell_tui.cli.advise", "Say which settings would suit a crowd, and at what cost."
    ),
    "sweep": CommandEntry(
        "clamshell_tui.cli.sweep", "Run every combination of some settings, with many seeds."
    ),
    "plugins": CommandEntry(
        "clamshell_tui.cli.plugins", "List installed policies of other packages."
    ),
    "paper": CommandEntry(
        "clamshell_tui.cli.paper", "Run the paper's experiments; show ours beside theirs."
    ),
    "serve": CommandEntry(
        "clamshell_tui.cli.serve", "Let people and bots label the records of a scenario, live."
    ),
    "rehearse": CommandEntry(
        "clamshell_tui.cli.rehearse", "Rehearse a study with simulated participants."
    ),
    "slips": CommandEntry(
        "clamshell_tui.cli.slips",
        "Print a slip for each participant of a study: how to join.",
    ),
    "pay": CommandEntry(
        "clamshell_tui.cli.pay", "List what the participants of a study are owed, by label."
    ),
    "demo": CommandEntry(
        "clamshell_tui.cli.demo", "Run a crowd of bots live, and join it yourself."
    ),
    "watch": CommandEntry(
        "clamshell_tui.cli.watch", "Watch a run on the operator's screen, and act on it."
    ),
    "replay": CommandEntry("clamshell_tui.cli.replay", "Play a run file on the operator's screen."),
    "label": CommandEntry("clamshell_tui.cli.label", "Label records from a pipe with a crowd."),
    "submit": CommandEntry("clamshell_tui.cli.submit", "Submit records to a running coordinator."),
    "labels": CommandEntry(
        "clamshell_tui.cli.labels", "Print the labels of a running coordinator."
    ),
    "predict": CommandEntry("clamshell_tui.cli.predict", "Ask the model of a running coordinator."),
    "scenarios": CommandEntry(
        "clamshell_tui.cli.scenarios", "List the built-in scenarios and studies, or show one."
    ),
    "settings": CommandEntry(
        "clamshell_tui.cli.settings",
        "List what a scenario or study may set, with defaults and meaning.",
    ),
    "texts": CommandEntry(
        "clamshell_tui.cli.texts",
        "Print the sentences that participants read, or check a file of them.",
    ),
    "help": CommandEntry(
        "clamshell_tui.cli.help", "Show a page of the handbook, or list the pages."
    ),
}

_ABOUT = """\
Usage: clamshell [OPTIONS] [COMMAND] [ARGS]...

  Label data at interactive speed with a crowd of people - or a simulated one.

  A scenario describes the records, the crowd and the techniques: a retainer
  pool, straggler mitigation, pool maintenance and hybrid learning (CLAMShell,
  VLDB 2015). Every command has a --help of its own.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
"""

_EXAMPLES = """
Examples:
  clamshell run quickstart
  clamshell run quickstart --compare straggler_mitigation.enabled=false
  clamshell run mine.toml --seed 7 --out run.db
  clamshell summary run.db
  clamshell test scenarios/"""


def front_page() -> str:
    """What ``clamshell --help`` prints; importing click for it would triple the time."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {entry.help}" for name, entry in COMMANDS.items()]
    return _ABOUT + "\n".join(lines) + "\n" + _EXAMPLES
