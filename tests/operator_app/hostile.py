"""A run file in which every text that a stranger can choose is an attack on a terminal."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path

from clamshell_tui.scenario.load import parse_scenario
from clamshell_tui.scenario.runner import run_scenario

PAYLOADS = [
    "\x1b[3J",  # clears what was scrolled away
    "\x1b[6;66H",  # moves the cursor
    "\x1b[4;53;21m",  # colours
    "\x1b[?66h",  # a mode
    "\x1b[21t",  # asks for the title, which comes back as if typed
    "\x1b]0;stolen\x07",  # sets the title
    "\x1b]52;c;cm0gLXJmIC8=\x07",  # writes the clipboard
    "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",  # a link
    "\x1bP$q\x22p\x1b\\",  # asks by DCS
    "\x1b_G1\x1b\\",  # APC
    "\x1b^pm\x1b\\ \x1bXsos\x1b\\",
    "\x1bc",  # resets
    "\x9b7J",  # the same with C1
    "\x9d2;stolen\x9c",
    "\x90$q\x9c",
    "\x07\x08\x0b\x0c\x0e\x0f\x7f",
    "a\rb\nc\x85d\u2028e\u2029f",
    "\u202eevil\u202c \u2066x\u2069 \u200f\u061c",
    "e" + "\u0301" * 50,
    "[@click=app.leave]x[/]",
    "[@click=app.page('costs')]x[/] [link=http://evil.example]y[/link]",
    "[/ [/b] [bold red $primary \\[",
]
STORY = """\
seed = 2
dataset = {kind = "generated", records = 300, features = 4, classes = 11, difficulty = 0.2}
requester.gold = 10
crowd.population = "live"
pool = {size = 10, reserve = 2}
recruitment.every = 10.0
qualification = {records = 2, pass_mark = 0.2}
tasks.records_per_task = 2
maintenance.threshold = 5.0
learning.enabled = false
stop.labels = 200
"""
_OURS = re.compile(  # what Textual writes: colours, places, its modes, its questions at the start
    r"\x1b\[(?:[0-9;]*[mHJK]|\?(?:7|25|10\d\d|20\d\d)[hl]|\?20\d\d\$p|[<>]\d*u|c|\?u)"
    r"|\x1b\]22;\w+\x07"
)
_ACTS = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


def leaks(shown: str) -> Iterator[str]:
    """Whatever acts on a terminal and is not one of the few things that Textual does."""
    rest = _OURS.sub("", shown)
    yield from (repr(rest[found.start() :][:20]) for found in _ACTS.finditer(rest))
    yield from (repr(evil) for evil in PAYLOADS if evil in shown and _ACTS.search(evil))


def hostile_file(folder: Path) -> Path:
    """Scenario, description, classes, workers, records, operators and their messages."""
    path = folder / "hostile.db"
    run_scenario(parse_scenario(STORY, "story.toml", default_name="story"), folder, out=path)
    with closing(sqlite3.connect(path)) as file, file:
        for (trigger,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            file.execute(f"DROP TRIGGER {trigger}")
        evil = cycle(PAYLOADS)
        classes = [f"{next(evil)}{number}" for number in range(11)]
        for key, value in (
            ("scenario", "".join(PAYLOADS[:9])),
            ("description", "".join(PAYLOADS)),
            ("finish_reason", "".join(PAYLOADS)),
            ("classes", json.dumps(classes)),
        ):
            file.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key))
        file.execute("UPDATE label SET truth = NULL")
        for (record,) in file.execute("SELECT record FROM label").fetchall():
            name = f"{next(evil)}{record}"
            file.execute("UPDATE label SET external_id = ? WHERE record = ?", (name, record))
        _poison_journal(file)
    return path


def _poison_journal(file: sqlite3.Connection) -> None:
    rows = file.execute("SELECT at, body FROM journal ORDER BY seq").fetchall()
    names: dict[str, str] = {}
    evil = cycle(PAYLOADS)
    written: list[tuple[float, str]] = []
    for at, body in rows:
        event = json.loads(body)
        if "worker" in event:
            if event["worker"] not in names:
                names[event["worker"]] = f"{next(evil)}{len(names)}"
                written.append((at, json.dumps(_order(next(evil), next(evil)))))
            event["worker"] = names[event["worker"]]
        written.append((at, json.dumps(event)))
    file.execute("DELETE FROM journal")
    file.executemany(
        "INSERT INTO journal VALUES (?, ?, ?, randomblob(32))",
        [(seq, at, body) for seq, (at, body) in enumerate(written, 1)],
    )


def _order(operator: str, text: str) -> dict[str, str]:
    return {
        "event": "OrderCarriedOut",
        "operator": operator,
        "order": f"message{text}",
        "subject": text,
        "text": text,
    }
