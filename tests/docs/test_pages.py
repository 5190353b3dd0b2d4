"""README, handbook and the papers beside them: fresh, linked, and with commands that exist."""

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from clamshell_tui.cli.commands import COMMANDS
from clamshell_tui.cli.help import HANDBOOK
from tests.docs.pages import GENERATED

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "clamshell_tui" / "ARCHITECTURE.md",
    *sorted((ROOT / ".github").glob("*.md")),
    *sorted(HANDBOOK.glob("*.md")),
]
MADE = {"tables/", "out/", "scenarios/", "out/pay.csv", "out/labels.csv"}  # by commands of examples
_LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")
_PATH = re.compile(r"`([\w.]+/[\w./-]*(?:\.\w+|/))`")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("name", GENERATED)
def test_a_reference_page_says_what_the_code_says(name: str) -> None:
    kept = (HANDBOOK / name).read_text("utf-8")
    assert kept == GENERATED[name](), "python -m tests.docs write makes it again"


def test_the_readme_is_short_and_has_the_two_commands() -> None:
    text = README.read_text("utf-8")
    assert text.count("\n") <= 250
    assert re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[:2] == [
        "python3 -m venv .venv && .venv/bin/pip install -q . "
        "&& .venv/bin/clamshell run quickstart\n",
        "python3 -m venv --clear .venv && .venv/bin/pip install -q -e '.[test]' "
        "&& .venv/bin/python tests\n",
    ]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_and_path_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target, _ in _LINK.findall(text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    for path in set(_PATH.findall(text)) - MADE:
        assert any((root / path).exists() for root in (ROOT, ROOT / "clamshell_tui")), path


def test_the_tests_that_the_guides_name_exist() -> None:
    tests = "\n".join(path.read_text("utf-8") for path in ROOT.glob("tests/core/test_*.py"))
    for page in PAGES:
        for name in re.findall(r"`(test_\w+)`", page.read_text("utf-8")):
            assert f"def {name}(" in tests, name


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_a_page_names_has_these_options(page: Path) -> None:
    for line in _commands(page.read_text("utf-8")):
        program, *arguments = line
        if arguments[0] in ("COMMAND", "[OPTIONS]"):
            continue
        if program == "clamshell-worker":
            command = import_module("worker_client.__main__").worker
        else:
            command = import_module(COMMANDS[arguments.pop(0)].module).command
        known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        given = {
            each.partition("=")[0] for each in arguments if each.startswith("-") and each != "-"
        }
        assert given <= known | {"-h", "--help"}, line
        assert isinstance(command, click.Command)


def _commands(text: str) -> Iterator[list[str]]:
    """Calls of our programs in ``sh`` blocks and inline code: pipes and redirections cut off."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    spans = re.findall(
        r"`(clamshell(?:-worker)? [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    )
    for each in (*blocks, *spans):
        for part in re.split(r"\n|\||&&|;", each.replace("\\\n", " ")):
            words = shlex.split(re.split(r"[<>]", part)[0], comments=True)
            if words and Path(words[0]).name in ("clamshell", "clamshell-worker"):
                yield [Path(words[0]).name, *words[1:]]
