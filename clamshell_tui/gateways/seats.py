"""Seats by code: whichever gateway a participant uses, the same code leads to the same process."""

import asyncio
import sys
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from clamshell_tui.errors import ClamshellError
from clamshell_tui.gateways.coordinator import CoordinatorClient, UnreachableError
from clamshell_tui.gateways.seat import PtySeat
from clamshell_tui.gateways.settings import Settings
from clamshell_tui.gateways.spawner import Spawner, WindowSize

FORWARDED = "CLAMSHELL_FORWARDED"
"""Variable with the secret and the participant's origin, for the client in a seat."""

_OPERATORS = 8  # screens at a time; each is a process of 70 MB
_LOOK_EVERY = 0.1  # seconds
_MISREAD = str.maketrans("OIL", "011", "- ")
_ALPHABET = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


class FullError(ClamshellError):
    """The limit of screens is reached."""


class Seats:
    """All seats of one gateway process."""

    def __init__(
        self, settings: Settings, spawner: Spawner, coordinator: CoordinatorClient
    ) -> None:
        self._settings = settings
        self._spawner = spawner
        self._coordinator = coordinator
        self._seats: dict[str, PtySeat] = {}
        self._starting: dict[str, asyncio.Lock] = {}
        self._operators = 0
        self._language = ["--texts", settings.texts] if settings.texts is not None else []

    async def good(self, code: str) -> bool:
        """Whether the code leads to a seat; UnreachableError if the coordinator cannot say so.

        A client that runs here can wait for the coordinator to come back.
        """
        code = normal(code)
        if not is_code(code):
            return False
        try:
            return await self._coordinator.valid(_written(code))
        except UnreachableError:
            if code in self._seats or self._folder(code).exists():
                return True
            raise

    async def take(
        self, code: str, look: Mapping[str, str], size: WindowSize, origin: str
    ) -> PtySeat:
        """The seat of a good code, as it stands or just started.

        ``look`` is the part of the environment that describes the terminal; ``origin`` is the
        participant's address and, after a blank, the way: ssh or web.
        """
        return await _whole(self._take(normal(code), look, size, origin))

    async def _take(
        self, code: str, look: Mapping[str, str], size: WindowSize, origin: str
    ) -> PtySeat:
        async with self._starting.setdefault(code, asyncio.Lock()):
            seat = self._seats.get(code)
            if seat is not None and seat.over:  # its last output is still being sent
                await seat.ended()
                seat = None
            if seat is None:
                seat = self._seats[code] = await self._start(code, look, size, origin)
        return seat

    async def operator(self, token: str, look: Mapping[str, str], size: WindowSize) -> PtySeat:
        """The operator's screen, which ends with the connection that shows it."""
        return await _whole(self._operator(token, look, size))

    async def _operator(self, token: str, look: Mapping[str, str], size: WindowSize) -> PtySeat:
        if self._operators >= _OPERATORS:
            raise FullError("there are too many operators' screens; close another one")
        place = self._settings.coordinator
        spawned = await self._spawner.start(
            program=[sys.executable, "-m", "clamshell_tui.cli", "watch", place],
            environment=self._environment(look) | {"CLAMSHELL_OPERATOR_TOKEN": token},
            size=size,
        )
        self._operators += 1
        return PtySeat(spawned, 0.0, self._operator_gone)

    async def left(self, seconds: float) -> None:
        """Wait until no client shows a seat, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(seat.shown for seat in self._seats.values()):  # noqa: ASYNC110  # rare
                    await asyncio.sleep(_LOOK_EVERY)

    async def close(self) -> None:
        """End all programs, and wait until they have."""
        seats = list(self._seats.values())
        for seat in seats:
            seat.end()
        for seat in seats:
            await seat.ended()

    async def _start(
        self, code: str, look: Mapping[str, str], size: WindowSize, origin: str
    ) -> PtySeat:
        folder = self._folder(code)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place, mark, fingerprint = self._settings.coordinator.partition("#")
        join = f"clam://{place}/{_written(code)}{mark}{fingerprint}"
        spawned = await self._spawner.start(
            arguments=[join, "--state", str(folder), *self._language],
            environment=self._environment(look) | {FORWARDED: f"{self._settings.secret} {origin}"},
            size=size,
        )
        return PtySeat(spawned, self._settings.grace, lambda: self._gone(code))

    def _gone(self, code: str) -> None:
        self._seats.pop(code, None)

    def _operator_gone(self) -> None:
        self._operators -= 1

    def _folder(self, code: str) -> Path:
        return self._settings.seats / sha256(code.encode()).hexdigest()[:16]

    def _environment(self, look: Mapping[str, str]) -> dict[str, str]:
        """A minimal environment: none of the coordinator's variables."""
        home = self._settings.folder
        return {"PATH": "/usr/bin:/bin", "HOME": home, "PYTHONUTF8": "1", **look}


async def _whole(work: Coroutine[None, None, PtySeat]) -> PtySeat:
    """Finish the start of a seat although the client that wants it has gone."""
    return await asyncio.shield(asyncio.ensure_future(work))


def normal(code: str) -> str:
    """A code without dashes and spaces, in upper case, letters that look like digits as digits."""
    return code.upper().translate(_MISREAD)


def is_code(code: str) -> bool:
    """Whether a normal code could be one."""
    return len(code) == 8 and _ALPHABET.issuperset(code)


def _written(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"
