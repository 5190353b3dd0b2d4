"""Two machines and a wire between them, as namespaces of the network."""

import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.live.processes import eventually


class Network(NamedTuple):
    """Prefixes of a command on the coordinator's machine, and on a worker's."""

    here: tuple[str, ...]
    there: tuple[str, ...]

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of the other machine's, to its end."""
        return subprocess.run(
            [*self.there, *command], capture_output=True, text=True, timeout=60, check=False
        )


def two_machines(stack: ExitStack) -> Network:
    """Two namespaces of the network and a wire between them, or a test that is skipped."""
    if not all(map(shutil.which, ("unshare", "nsenter", "ip"))):
        pytest.skip("unshare, nsenter or ip is not installed")
    here = _namespace(stack, "unshare", "--map-root-user", "--net")
    if here is None:
        pytest.skip("this machine allows no namespaces of the network")
    there = _namespace(stack, *_in(here), "unshare", "--net")
    assert there is not None
    for place, command in (
        (here, "link add here type veth peer name there"),
        (here, f"link set there netns {there}"),
        (here, "addr add 10.77.0.1/24 dev here"),
        (here, "link set here up"),
        (there, "addr add 10.77.0.2/24 dev there"),
        (there, "link set there up"),
        (there, "link set lo up"),
        (here, "route add default via 10.77.0.2"),
    ):
        subprocess.run([*_in(place), "ip", *command.split()], check=True)
    return Network(_in(here), _in(there))


def _namespace(stack: ExitStack, *unshare: str) -> int | None:
    """A process in a namespace of its own, which lives until the end."""
    before = os.readlink("/proc/self/ns/net")
    process = subprocess.Popen([*unshare, "sleep", "600"], stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.kill)

    def asleep() -> bool:
        """Whether it has become the sleep: only then is it where it will stay."""
        command = Path(f"/proc/{process.pid}/comm").read_text()
        apart = os.readlink(f"/proc/{process.pid}/ns/net") != before
        return process.poll() is not None or (command == "sleep\n" and apart)

    assert eventually(asleep)
    return process.pid if process.poll() is None else None


def _in(namespace: int) -> tuple[str, ...]:
    return ("nsenter", "-t", str(namespace), "-U", "-n", "--preserve-credentials")
