"""A run file in which every text that a stranger can choose is an attack on a terminal."""

import json
import sqlite3
from contextlib import closing
from itertools import cycle
from pathlib import Path

from tests.hostile import ATTACKS
from tests.kept import simulated

PAYLOADS = [
    *ATTACKS,
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


def hostile_file(folder: Path) -> Path:
    """Scenario, description, classes, workers, records, operators and their messages."""
    path = simulated(folder, STORY)
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
