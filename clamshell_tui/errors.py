"""Errors for users, each with the exit code of the program.

A message states the problem, its place and a remedy on one line: WHAT (WHERE). FIX. The command
line prints it as ``clamshell: error: MESSAGE`` without a traceback. Any other exception is our bug.
"""

import difflib
from collections.abc import Iterable


class ClamshellError(Exception):
    """Base of every error that is shown to the user in one line.

    With ``key`` and values, a participant can read it in another language; see
    :func:`clamshell_tui.participant_texts.fault`.
    """

    exit_code = 1

    def __init__(self, *message: object, key: str = "", **values: object) -> None:
        super().__init__(*message)
        self.key = key
        self.values = values


class InputError(ClamshellError):
    """The user's input is wrong: exit code 2."""

    exit_code = 2


class ScenarioError(InputError):
    """A scenario file, or a setting given on the command line, cannot be used."""


class DatasetError(InputError):
    """A data file cannot be read as records."""


class RunFileError(InputError):
    """A file given as a run file is not one that this version can read."""


class EnvironmentFaultError(ClamshellError):
    """The machine refuses: a full disk, a locked file, a damaged page. Exit code 3."""

    exit_code = 3


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``' (did you mean "pool_size"?)'``, or an empty string without a close match."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else ""
