"""How quick is a lab on oTree? The peer of the section ``pace`` of :mod:`.coordinator`.

    python -m venv otree && otree/bin/pip install otree
    python -m tests.benchmarks.otree_pace --otree-python otree/bin/python

One page per record with a field for its class, 20 people with 2 to 6 s of thought, oTree's
production server with its default database. Timed from the answer to the whole next page, over an
open connection, without scripts and style sheets. Ours is measured in the same minutes.
"""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter, sleep
from urllib.parse import urlencode, urlsplit

import click

from tests.benchmarks.coordinator import at_human_pace
from tests.benchmarks.measuring import Bench, p99_ms, quantile
from tests.benchmarks.served import cpu_of, end

KEY = "benchmark"  # of the REST interface
PATIENCE = 60.0  # seconds until the server listens
ROUNDS = 200
SETTINGS = """\
SESSION_CONFIGS = [dict(name="label", app_sequence=["label"], num_demo_participants=1)]
SESSION_CONFIG_DEFAULTS = dict(real_world_currency_per_point=1.0, participation_fee=0.0, doc="")
LANGUAGE_CODE, REAL_WORLD_CURRENCY_CODE, USE_POINTS = "en", "USD", False
ADMIN_USERNAME, ADMIN_PASSWORD, SECRET_KEY = "admin", "admin", "benchmark"
"""
APP = f"""\
from otree.api import *

class C(BaseConstants):
    NAME_IN_URL, PLAYERS_PER_GROUP, NUM_ROUNDS = "label", None, {ROUNDS}

class Subsession(BaseSubsession):
    pass

class Group(BaseGroup):
    pass

class Player(BasePlayer):
    label = models.IntegerField(choices=[0, 1, 2])

class Record(Page):
    form_model, form_fields = "player", ["label"]

page_sequence = [Record]
"""
PAGE = """\
{{ block title }}Record{{ endblock }}
{{ block content }}
<p>record-{{ player.round_number }} is a text as short as a tweet, and as dull</p>
{{ formfields }}
{{ next_button }}
{{ endblock }}
"""


@contextmanager
def _served(python: Path) -> Iterator[tuple[int, int]]:
    """An oTree project on its production server: the process and its port."""
    with TemporaryDirectory(prefix="clamshell-bench-") as name:
        project = Path(name)
        (project / "settings.py").write_text(SETTINGS)
        for folder in ("label", "_static", "_templates"):
            (project / folder).mkdir()
        (project / "label/__init__.py").write_text(APP)
        (project / "label/Record.html").write_text(PAGE)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        programs = python.absolute().parent
        otree = [str(programs / "otree")]  # which starts another one by its name alone
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "OTREE_REST_KEY": KEY, "OTREE_PRODUCTION": "1"}
        subprocess.run(
            [*otree, "resetdb", "--noinput"],
            cwd=project,
            env=environment,
            capture_output=True,
            check=True,
            timeout=PATIENCE,
        )
        server = subprocess.Popen(
            [*otree, "prodserver1of2", str(port)],
            cwd=project,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            _await(port)
            yield server.pid, port
        finally:
            end(server)


def _cpu(group: int) -> float:
    """Seconds of CPU of all processes of a group that are alive."""
    found = 0.0
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ProcessLookupError):
            if os.getpgid(int(place.name)) == group:
                found += cpu_of(int(place.name))
    return found


def _await(port: int) -> None:
    until = perf_counter() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if perf_counter() > until:
                raise
            sleep(0.1)
        else:
            return


class _Person(Thread):
    """One participant; ``seconds`` from each answer to the next page."""

    def __init__(self, port: int, code: str, number: int, seconds: float) -> None:
        super().__init__()
        self._http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._rng = Random(number)
        self._code = code
        self._length = seconds
        self.seconds: list[float] = []
        self.fault = ""

    def run(self) -> None:
        place, page = self._page("GET", f"/InitializeParticipant/{self._code}")
        until = perf_counter() + self._length
        while perf_counter() < until and not self.fault:
            sleep(self._rng.uniform(2, 6))
            form = dict(re.findall(r'name="(\w+)"[^>]*?value="([^"]*)"', page))
            self._http.close()  # the server does, after 5 s
            self._http.connect()
            began = perf_counter()
            place, page = self._page("POST", place, urlencode(form | {"label": "1"}))
            self.seconds.append(perf_counter() - began)
            if f"record-{len(self.seconds) + 1} " not in page:
                self.fault = f"no record {len(self.seconds) + 1} at {place}"

    def _page(self, method: str, place: str, body: str | None = None) -> tuple[str, str]:
        """Ask, and follow redirections."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        while True:
            self._http.request(method, place, body, headers)
            reply = self._http.getresponse()
            text = reply.read().decode()
            where = reply.getheader("location")
            if where is None:
                return place, text
            parts = urlsplit(where)
            place = parts.path + (f"?{parts.query}" if parts.query else "")
            method, body, headers = "GET", None, {}


def _codes(port: int, count: int) -> list[str]:
    """Create a session; return its participants' codes."""
    headers = {"otree-rest-key": KEY, "Content-Type": "application/json"}
    http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    asked = json.dumps({"session_config_name": "label", "num_participants": count})
    http.request("POST", "/api/sessions", asked, headers)
    code = json.loads(http.getresponse().read())["code"]
    http.request("GET", f"/api/sessions/{code}", headers=headers)
    return [each["code"] for each in json.loads(http.getresponse().read())["participants"]]


def theirs(bench: Bench, python: Path, count: int, seconds: float) -> None:
    click.echo(f"oTree: {count} people, 2-6 s of thought per page, one record each")
    with _served(python) as (pid, port):
        people = [
            _Person(port, code, number, seconds) for number, code in enumerate(_codes(port, count))
        ]
        before = _cpu(pid)
        for person in people:
            person.start()
        for person in people:
            person.join()
        cpu = _cpu(pid) - before
    found = [each for person in people for each in person.seconds]
    bench.figure("answer -> next page, p50", 1000 * quantile(found, 0.5), "ms")
    bench.figure(f"answer -> next page, p99 of {len(found)}", p99_ms(found), "ms")
    bench.figure("server's CPU per answer", 1000 * cpu / max(1, len(found)), "ms")
    faults = [person.fault for person in people if person.fault]
    bench.figure("errors", len(faults), "", 0)
    for fault in faults[:3]:
        click.echo(f"    {fault}")


@click.command()
@click.option("--otree-python", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--people", default=20, show_default=True)
@click.option("--quick", is_flag=True)
def main(otree_python: Path, people: int, quick: bool) -> None:
    """Print oTree's figures and ours."""
    bench = Bench(quick=quick, folder=None)
    theirs(bench, otree_python, people, bench.seconds(40))
    click.echo()
    at_human_pace(bench, people, 1, bench.seconds(40), 25)


if __name__ == "__main__":
    main()
