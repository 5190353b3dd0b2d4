"""``--lan`` for real: between two machines, or at least over this one's address on the network."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from clamshell_tui.coordinator.tls import reachable_addresses
from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.wire.invitation import Codes, parse_codes
from tests.live.network import Network, two_machines
from tests.live.processes import COMMAND, eventually

SCENARIO = """\
dataset = {kind = "wire", classes = ["cat", "dog"]}
learning.enabled = false
qualification.enabled = false
pool = {size = 1, reserve = 0}
"""
RECORDS = "".join(f'{{"text": "meow {n}", "truth": "cat"}}\n' for n in range(6))
WORKER = [sys.executable, "-m", "worker_client", "--headless"]
VISIT = """\
import asyncio, ssl, sys
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus
url, *origin = sys.argv[1:]
context = None
if url.startswith("wss:"):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
async def visit():
    try:
        async with connect(url, ssl=context, origin=(origin or [None])[0], proxy=None):
            print("let in")
    except InvalidStatus as error:
        print(error.response.status_code)
    except InvalidMessage:
        print("hung up")
asyncio.run(visit())
"""


@pytest.fixture(params=["one machine", pytest.param("two machines", marks=pytest.mark.slow)])
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    if request.param == "one machine":
        try:
            reachable_addresses("0.0.0.0")
        except EnvironmentFaultError:
            pytest.skip("this machine has no address but its own")
        yield Network((), ())
        return
    with ExitStack() as stack:
        yield two_machines(stack)


@pytest.fixture
def codes(network: Network, tmp_path: Path) -> Iterator[Codes]:
    """Of a coordinator that serves the network."""
    (tmp_path / "pets.toml").write_text(SCENARIO)
    (tmp_path / "records.jsonl").write_text(RECORDS)
    file = tmp_path / "codes"
    words = ["serve", str(tmp_path / "pets.toml"), "--db", str(tmp_path / "run.db"), "--lan"]
    words += [
        "--codes-file",
        str(file),
        "--port",
        "0",
        "--bot-seats",
        "3",
        "--headless",
        "--speed",
        "50x",
    ]
    process = subprocess.Popen([*network.here, *COMMAND, *words])
    try:
        assert eventually(file.exists)
        yield parse_codes(file.read_text().splitlines())
    finally:
        process.kill()
        process.wait()


def test_another_machine_works_over_tls_and_nothing_else_gets_in(
    network: Network, codes: Codes, tmp_path: Path
) -> None:
    place, _, fingerprint = codes.address.partition("#")
    assert not place.startswith("127.")
    assert len(fingerprint) == 64
    wrong = "0" * 64
    submit = [*COMMAND, "submit", str(tmp_path / "records.jsonl"), "--truth", "truth", "--last"]
    submit += ["--token", codes.requester, "--at"]

    told = network.ask(*submit, f"{place}#{wrong}")
    assert (told.returncode, "shows another certificate than" in told.stderr) == (2, True), told
    fooled = network.ask(*WORKER, f"clam://{place}/{codes.bots[0]}#{wrong}")
    assert (fooled.returncode != 0, "shows another certificate" in fooled.stderr) == (True, True), (
        fooled
    )
    for visit, end in (
        ((f"wss://{place}",), "let in"),
        ((f"wss://{place}", "https://example.org"), "403"),
        ((f"ws://{place}",), "hung up"),
    ):
        assert network.ask(sys.executable, "-c", VISIT, *visit).stdout == f"{end}\n", visit

    assert network.ask(*submit, codes.address).returncode == 0
    bot = network.ask(*WORKER, codes.join(codes.bots[0]), "--bot", "fast-local")
    assert bot.returncode == 0, bot
    assert eventually(lambda: not (tmp_path / "run.db-open").exists(), 30.0)
    with open_run(tmp_path / "run.db") as file:
        assert len(file.tables().labels) == 6


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_that_is_given_away_leads_to_this_machine(host: str) -> None:
    try:
        found = reachable_addresses(host)
    except EnvironmentFaultError:
        pytest.skip("no network interface of this machine is up")
    for each in found:
        family, *_, address = socket.getaddrinfo(each, 0, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, socket.SOCK_STREAM)) as listener:
            listener.bind(address)  # only an address of this machine can be bound
        assert each not in {"0.0.0.0", "::", "127.0.0.1", "::1"}
