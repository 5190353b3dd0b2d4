"""A stub of a model server: real HTTP on a port of its own, with replies set by the test."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Said(NamedTuple):
    """A reply; ``hold``: it is not sent before the test ends."""

    body: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    hold: bool = False


def completion(text: str | None, *tokens: tuple[str, float], **more: object) -> Said:
    """A chat completion, with its tokens and their log probabilities if they are given."""
    choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": text}}
    if tokens:
        content = [{"token": token, "logprob": value, "bytes": None} for token, value in tokens]
        choice["logprobs"] = {"content": content}
    return Said({"id": "x", "object": "chat.completion", "choices": [choice | more]})


def failed(status: int, message: str = "", **headers: str) -> Said:
    """An error in the form of the protocol."""
    names = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Said({"error": {"message": message, "type": "x"}}, status, tuple(names))


class ModelServer:
    """Replies to completions in the order of ``says``; the last one again and again."""

    def __init__(self, says: Sequence[Said], models: Said) -> None:
        self.asked: list[Asked] = []
        self.port = 0
        self.over = threading.Event()
        self._says = list(says)
        self._models = models

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def questions(self) -> list[Any]:
        return [each.body for each in self.asked if each.method == "POST"]

    def reply(self, asked: Asked) -> Said:
        self.asked.append(asked)
        if asked.path == "/v1/models":
            return self._models
        if asked.path != "/v1/chat/completions":
            return failed(404, "no such path")
        return self._says.pop(0) if len(self._says) > 1 else self._says[0]


NO_MODELS = Said({"data": []})


@contextmanager
def serving(*says: Said, models: Said = NO_MODELS) -> Iterator[ModelServer]:
    """Run a stub in a thread."""
    stub = ModelServer(says, models)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            said = stub.reply(Asked(self.command, self.path, dict(self.headers), body))
            if said.hold:
                stub.over.wait(30)
            text = said.body if isinstance(said.body, str) else json.dumps(said.body)
            self.send_response_only(said.status)  # without a Date
            for name, value in said.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that breaks off is part of the tests."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        stub.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield stub
        finally:
            stub.over.set()
            server.shutdown()
            thread.join()
