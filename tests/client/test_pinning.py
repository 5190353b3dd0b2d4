"""Encrypted connections: to the certificate whose fingerprint came with the address, or to none."""

import asyncio
import hashlib
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from websockets.asyncio.server import ServerConnection, serve

from clamshell_tui.client import AsyncRequester
from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.workforce.config import CrowdConfig
from tests.client.tiny_coordinator import TOKEN, Talk, admit, port_of
from worker_client.crowd_of_bots import run


class Tls(NamedTuple):
    context: ssl.SSLContext
    fingerprint: str


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A self-signed certificate."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=test"
    command = [openssl, *words.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return Tls(context, _fingerprint(certificate))


def _fingerprint(certificate: Path) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()


class Visits:
    """Messages that arrived over an encrypted connection."""

    def __init__(self) -> None:
        self.admitted = 0

    async def __call__(self, socket: ServerConnection) -> None:
        await admit(Talk(socket))
        self.admitted += 1
        await socket.wait_closed()


async def visit(tls: Tls, fingerprint: str) -> int:
    """Connect as a requester; returns how many were admitted."""
    visits = Visits()
    async with asyncio.timeout(60), serve(visits, "127.0.0.1", 0, ssl=tls.context) as server:
        address = f"127.0.0.1:{port_of(server)}#{fingerprint}"
        requester = await AsyncRequester.connect(address, TOKEN)
        await requester.close()
        return visits.admitted


def test_the_right_fingerprint_lets_in(tls: Tls) -> None:
    assert asyncio.run(visit(tls, tls.fingerprint[:32])) == 1


def test_a_wrong_fingerprint_is_refused_before_a_word_is_said(tls: Tls) -> None:
    with pytest.raises(InputError, match="shows another certificate than the fingerprint"):
        asyncio.run(visit(tls, "0123456789abcdef"))


def test_a_bot_refuses_a_wrong_fingerprint_as_well(tls: Tls) -> None:
    async def test() -> None:
        visits = Visits()
        async with asyncio.timeout(60), serve(visits, "127.0.0.1", 0, ssl=tls.context) as server:
            join = f"clam://127.0.0.1:{port_of(server)}/CODE#0123456789abcdef"
            await run([join], CrowdConfig())

    with pytest.raises(InputError, match="shows another certificate than the fingerprint"):
        asyncio.run(test())


def test_a_coordinator_that_does_not_encrypt_is_told(tls: Tls) -> None:
    async def test() -> None:
        async with asyncio.timeout(60), serve(Visits(), "127.0.0.1", 0) as server:
            address = f"127.0.0.1:{port_of(server)}#{tls.fingerprint}"
            await AsyncRequester.connect(address, TOKEN)

    with pytest.raises(ClamshellError, match=r"refused the encrypted connection\. Is .* --lan"):
        asyncio.run(test())
