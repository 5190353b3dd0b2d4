"""One check for all full screens."""

import sys

import pytest

from clamshell_tui.errors import InputError
from clamshell_tui.terminal.capabilities import need_screen, why_no_screen


def at_terminal(patch: pytest.MonkeyPatch, *streams: str, term: str = "xterm") -> None:
    for name in ("stdin", "stdout", "stderr"):
        patch.setattr(getattr(sys, name), "isatty", lambda name=name: name in streams)
    patch.setenv("TERM", term)


@pytest.mark.parametrize(
    ("streams", "term", "why"),
    [
        (("stdin", "stdout", "stderr"), "xterm", ""),
        (("stdin", "stdout", "stderr"), "dumb", 'TERM is "dumb"'),
        (("stdin", "stdout", "stderr"), "", 'TERM is ""'),
        (("stdin", "stdout"), "xterm", "stderr is redirected"),
        (("stdin", "stderr"), "xterm", "not a terminal"),
        (("stdout", "stderr"), "xterm", "not a terminal"),
    ],
)
def test_a_screen_needs_all_three_streams_and_a_terminal_that_obeys(
    streams: tuple[str, ...], term: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_terminal(monkeypatch, *streams, term=term)
    assert why_no_screen().startswith(why)
    assert bool(why_no_screen()) == bool(why)


def test_a_person_whose_stderr_goes_to_a_file_reads_why_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_terminal(monkeypatch, "stdin", "stdout")
    with pytest.raises(InputError, match="leave out 2>"):
        need_screen("use --headless")
    assert "leave out 2>" in capsys.readouterr().out
