"""TLS for other machines: a self-signed certificate of the run, verified by its fingerprint.

Its SHA-256 is part of the join string, so no authority has to sign it. It is kept beside the run
file, for clients that return after a restart.
"""

import socket
import ssl
import subprocess
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.output_path import cannot_write

WILDCARDS = frozenset({"0.0.0.0", "::"})
"""Hosts that mean every interface: to listen on, never to be given away."""

_DAYS = "365"


def certificate(run_file: Path) -> tuple[ssl.SSLContext, str]:
    """Return the TLS context of a run, and the fingerprint in hex.

    Raises EnvironmentFaultError if there is no certificate yet and none can be made.
    """
    pem = run_file.with_name(f"{run_file.name}.pem")
    if not pem.exists():
        _make(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(pem)
        text = pem.read_text("ascii")
        der = ssl.PEM_cert_to_DER_cert(text[text.index(ssl.PEM_HEADER) :].strip())
    except (OSError, ValueError) as error:
        raise EnvironmentFaultError(
            f"{pem.name} is not a certificate with its key ({error}). Remove it"
        ) from error
    return context, sha256(der).hexdigest()


def _make(pem: Path) -> None:
    """Create key and certificate in one file, readable by its owner only."""
    try:
        pem.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise cannot_write(pem, error) from error
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", "-", "-out", "-", "-days", _DAYS, "-subj", "/CN=clamshell"]
    try:
        made = subprocess.run(command, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pem.unlink()
        raise EnvironmentFaultError(
            "--lan needs a certificate, and the program openssl could not make one. Install "
            "openssl, or serve on this machine only"
        ) from error
    pem.write_text(made.stdout, "ascii")


def reachable_addresses(host: str) -> tuple[str, ...]:
    """The addresses at which other machines reach a socket that is bound to ``host``.

    For a wildcard these are the addresses of all interfaces that are up, the one of the default
    route first. Raises EnvironmentFaultError where no interface is up.
    """
    if host not in WILDCARDS:
        return (host,)
    import psutil  # a fifth of a second that only --lan needs

    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    families = {socket.AF_INET, socket.AF_INET6} if ":" in host else {socket.AF_INET}
    found = [
        each.address
        for name, addresses in psutil.net_if_addrs().items()
        if name in up
        for each in addresses
        if each.family in families and not _only_here(each.address)
    ]
    if not found:
        raise EnvironmentFaultError(
            "no network interface of this machine is up, so no other machine can join. Connect it "
            "to the network, or serve on this machine only (without --lan)"
        )
    preferred = _default_route()
    return tuple(sorted(found, key=lambda each: (each != preferred, ":" in each)))


def _only_here(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback


def _default_route() -> str:
    """This machine's address towards the internet, or an empty string; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # for documentation: this only looks up the route
        except OSError:
            return ""
        return str(probe.getsockname()[0])
