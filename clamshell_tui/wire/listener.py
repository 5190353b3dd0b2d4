"""Open the sockets that clients connect to."""

import socket
from typing import Any


def listening_socket(host: str, port: int, backlog: int) -> socket.socket:
    """Return a listening socket; OSError or OverflowError if the address is not available.

    ``::`` listens on IPv4 too. A zone as in ``fe80::1%eth0`` needs the resolver: without it the
    kernel does not know the interface.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    address: Any = (host, port)  # with a zone, four numbers and names
    if "%" in host:
        address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4]
    both = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(address, family=family, backlog=backlog, dualstack_ipv6=both)
