"""Addresses to listen on, also with the zone of an interface."""

import socket
from pathlib import Path

import pytest

from clamshell_tui.wire.listener import listening_socket

_LINK_LOCAL = "20"  # a scope in Linux's list of addresses


def link_local() -> str:
    """An address of one link of this machine, with its interface; empty if there is none."""
    known = Path("/proc/net/if_inet6")
    for line in known.read_text().splitlines() if known.exists() else ():
        digits, _, _, scope, _, name = line.split()
        if scope == _LINK_LOCAL:
            return f"{socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))}%{name}"
    return ""


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_client_reaches_the_address(host: str) -> None:
    with listening_socket(host, 0, 1) as listener:
        socket.create_connection(listener.getsockname()[:2], timeout=60).close()


@pytest.mark.skipif(not link_local(), reason="no interface has a link-local address")
def test_a_client_reaches_an_address_with_a_zone() -> None:
    host = link_local()
    with listening_socket(host, 0, 1) as listener:
        socket.create_connection((host, listener.getsockname()[1]), timeout=60).close()


def test_a_zone_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(OSError, match=r"."):
        listening_socket("fe80::1%none7", 0, 1)
