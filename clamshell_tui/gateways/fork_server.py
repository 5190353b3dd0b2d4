"""Process that imports the worker's client once, then forks a copy of itself for each seat.

A fork shares the imported modules with its siblings (26 MB each, against 38) and draws its first
screen without importing anything. This process runs no threads and no event loop, so that forking
is safe. Its stdin is a socket: one JSON request a line arrives, one JSON reply leaves with the
terminal's descriptor, later one more when the child has ended. The end of the socket ends it all.
"""

import ctypes
import fcntl
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import termios
from contextlib import suppress
from typing import Any

_PR_SET_PDEATHSIG = 1
_LINE = 65536  # bytes of one request


def main() -> None:
    """Serve requests until the other end of the socket is closed."""
    control = socket.socket(fileno=os.dup(0))
    _import_the_client()
    gc.collect()
    gc.freeze()
    wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _send(control, {"ready": True})
    while True:
        readable, _, _ = select.select([control.fileno(), wake], [], [])
        if wake in readable:
            with suppress(BlockingIOError):
                os.read(wake, 4096)
            _report_ended(control)
        if control.fileno() in readable:
            line = control.recv(_LINE)
            if not line:
                return  # PR_SET_PDEATHSIG ends the children
            _fork(control, json.loads(line))


def _import_the_client() -> None:
    """Everything that a screen imports while it starts."""
    import websockets.asyncio.client  # noqa: F401

    import worker_client.__main__
    import worker_client.app
    import worker_client.driver  # noqa: F401


def _fork(control: socket.socket, request: dict[str, Any]) -> None:
    parent = os.getpid()
    pid, terminal = os.forkpty()
    if pid == 0:
        try:
            _become(request, parent)
        finally:
            os._exit(1)
    _send(control, {"pid": pid}, terminal)
    os.close(terminal)


def _become(request: dict[str, Any], parent: int) -> None:
    """Be the program that the request names; does not return."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return  # it ended before the line above could notice
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.closerange(3, 4096)
    os.umask(0o077)
    size = struct.pack("HHHH", request["rows"], request["columns"], 0, 0)
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.environ.clear()
    os.environ.update(request["environment"])
    if request["program"]:
        os.execve(request["program"][0], request["program"], request["environment"])
    os._exit(_work(request["arguments"]))


def _work(arguments: list[str]) -> int:
    """Run the worker's client here; its arguments show in no list of processes."""
    from worker_client.__main__ import run

    sys.argv = ["clamshell-worker"]
    code = run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _report_ended(control: socket.socket) -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _send(control, {"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _send(control: socket.socket, message: dict[str, Any], *descriptors: int) -> None:
    line = json.dumps(message).encode() + b"\n"
    with suppress(OSError):  # the other side has gone; the next read says so
        if descriptors:
            socket.send_fds(control, [line], list(descriptors))
        else:
            control.sendall(line)


if __name__ == "__main__":
    main()
