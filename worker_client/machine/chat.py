"""A language model as a machine, behind llama.cpp, Ollama, vLLM or another OpenAI-like server."""

import asyncio
import http.client
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from hashlib import sha256
from typing import TypeAlias, TypeVar

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.text import show
from clamshell_tui.wire.parts import Record
from worker_client.machine import completion
from worker_client.machine.http_server import KEY, Reply, Server
from worker_client.machine.labeller import Identity, Labels, Work, listed
from worker_client.machine.program import LONGEST_PAUSE

_CHECK = 30.0  # seconds for the list of models
_WIDTH = 200  # characters of the server's words
_GOOD, _BAD_REQUEST, _TOO_MANY = 200, 400, 429
_NO_LIST = (404, 405, 429, 501)  # of models; the server may label all the same

Choice: TypeAlias = tuple[int | None, float | None]
"""A class, None to abstain, and the confidence in it."""
Result = TypeVar("Result")


class _TroubleError(Exception):
    """The server cannot answer now; ``pause`` is how long it asks to wait, if it does."""

    def __init__(self, why: str, pause: float | None = None) -> None:
        super().__init__(why)
        self.pause = pause


class ChatModel:
    """A :class:`Labeller` that asks about one record at a time.

    The server may fail ``restarts`` times between two answers. It is asked again after ``pause``,
    which doubles with each failure up to 30 s, or after the pause that it asks for; that does not
    count as a failure, but running out of ``timeout`` for the task does.
    """

    def __init__(
        self,
        server: Server,
        model: str,
        *,
        timeout: float,
        restarts: int,
        template: str = completion.PROMPT,
        pause: float = 0.5,
    ) -> None:
        self.name = f"{show(model)} at {show(server.url)}"
        self.failed = 0
        self.timed_out = 0
        self.refused = 0
        self.foreign = 0
        self._server = server
        self._model = model
        self._timeout = timeout
        self._restarts = restarts
        self._template = template
        self._pause = pause
        self._logprobs = True  # until the server refuses them
        self._failures = 0  # since the last answer
        self._work = Work((), "")
        self._prompt = ""

    async def run(self, work: Work, identified: Callable[[Identity], None]) -> None:
        self._work, self._prompt = work, completion.prompt_for(work, self._template)
        await self._persist(self._check)
        identified(
            Identity(
                self._model[:100],
                f"prompt sha256:{sha256(self._prompt.encode('utf-8', 'replace')).hexdigest()[:16]}",
                remote="" if self._server.loopback else self._server.url[:1000],
            )
        )
        await asyncio.Event().wait()  # a server needs no keeping

    async def label(self, records: Sequence[Record], seconds: float) -> Labels:
        """Label each record in turn; those for which no time is left abstain."""
        given: list[Choice] = [(None, None)] * len(records)
        try:
            async with asyncio.timeout(min(seconds, self._timeout)):
                for at, record in enumerate(records):
                    given[at] = await self._persist(partial(self._ask, record))
        except TimeoutError:
            self.timed_out += 1
            self._fail(f"gave no answer within {min(seconds, self._timeout):.3g} s")
        labels, confidences = zip(*given, strict=True)
        return Labels(labels, confidences, ("",) * len(records))

    def report(self) -> str:
        return listed(
            (self.failed, "failed request", ""),
            (self.timed_out, "timeout", ""),
            (self.refused, "record refused", "records refused"),
            (self.foreign, "answer outside the classes", "answers outside the classes"),
        )

    # -- requests ---------------------------------------------------------------------------------

    async def _persist(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """Repeat an attempt while the server is in trouble."""
        while True:
            try:
                return await attempt()
            except _TroubleError as trouble:
                self.failed += 1
                pause = trouble.pause
                if pause is None:
                    self._fail(str(trouble))
                    pause = self._pause * 2 ** (self._failures - 1)
            await asyncio.sleep(min(max(pause, self._pause), LONGEST_PAUSE))

    def _fail(self, why: str) -> None:
        self._failures += 1
        if self._failures > self._restarts:
            times = f"{self._failures} times" if self._failures > 1 else "once"
            raise EnvironmentFaultError(
                f"{self.name} failed {times} without an answer; at last it {why} (--openai). "
                "Look at the server"
            )

    async def _check(self) -> None:
        """Find out whether the server is there and takes the key; not all can list models."""
        reply = await self._request("/models", None, _CHECK)
        if reply.status // 100 != 2 and reply.status not in _NO_LIST:
            self._judge(reply)

    async def _ask(self, record: Record) -> Choice:
        body = completion.question(self._model, self._prompt, record, logprobs=self._logprobs)
        reply = await self._request("/chat/completions", body, self._timeout)
        if reply.status == _BAD_REQUEST and self._logprobs:
            self._logprobs = False  # some servers refuse fields that they do not know
            return await self._ask(record)
        if reply.status != _GOOD:
            self._judge(reply)
            self.refused += 1
            self._fail(f"refused a record ({self._words(reply)})")
            return None, None
        try:
            label, confidence = completion.read(reply.body, self._work.classes)
        except ValueError:
            raise _TroubleError("sent no chat completion") from None
        self._failures = 0
        self.foreign += label is None
        return label, confidence

    async def _request(self, path: str, body: bytes | None, seconds: float) -> Reply:
        try:
            return await self._server.request(path, body, seconds)
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise _TroubleError(f"could not be reached ({show(reason[:_WIDTH])})") from None

    def _judge(self, reply: Reply) -> None:
        """Raise if a refusal is about the server; return if it is about the record."""
        words = self._words(reply)
        if reply.status in (401, 403):
            raise EnvironmentFaultError(
                f"{self.name} refuses the key ({words}). Set the variable {KEY}"
            )
        if reply.status // 100 == 3:
            place = show(reply.location[:_WIDTH])
            raise EnvironmentFaultError(f"{self.name} has moved to {place} (--openai). Use that")
        if reply.status in (404, 405):
            raise EnvironmentFaultError(
                f"{self.name} has no such model, or no chat completions ({words}). "
                "Check --openai and --model"
            )
        if reply.status == _TOO_MANY or reply.status >= 500:
            raise _TroubleError(f"answered {words}", reply.pause)

    def _words(self, reply: Reply) -> str:
        """Status and error message, without the key, which some servers repeat."""
        words = completion.error_in(reply.body)
        if self._server.key:
            words = words.replace(self._server.key, "***")
        return show(f"{reply.status} {words}".strip()[:_WIDTH])
