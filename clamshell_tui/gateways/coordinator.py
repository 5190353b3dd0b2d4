"""The gateway's own requests to the coordinator."""

import asyncio

from clamshell_tui.errors import ClamshellError
from clamshell_tui.gateways.settings import Settings
from clamshell_tui.participant_texts import fault
from clamshell_tui.wire.connection import WireClient, parse_address
from clamshell_tui.wire.operator_messages import CheckCodes, CodesChecked

_AT_A_TIME = 8  # connections; a flood of wrong codes waits here, not at the coordinator
_PATIENCE = 5.0  # seconds


class UnreachableError(ClamshellError):
    """The coordinator does not answer, so a code cannot be checked."""


class CoordinatorClient:
    """Checks codes and tokens."""

    def __init__(self, settings: Settings) -> None:
        self.address = parse_address(settings.coordinator)
        self._operator = settings.operator
        self._free = asyncio.Semaphore(_AT_A_TIME)

    async def valid(self, code: str) -> bool:
        """Whether this code leads to a seat."""
        try:
            async with (
                self._free,
                asyncio.timeout(_PATIENCE),
                await self._line(self._operator) as line,
            ):
                found = await line.ask(CheckCodes((code,)), CodesChecked)
        except (ClamshellError, TimeoutError) as error:
            raise fault(UnreachableError, "ssh.away") from error
        return bool(found.free or found.taken)

    async def is_operator(self, token: str) -> bool:
        """Whether this is a token of an operator."""
        try:
            async with self._free, asyncio.timeout(_PATIENCE):
                await (await self._line(token)).close()
        except (ClamshellError, TimeoutError):
            return False
        return True

    async def _line(self, token: str) -> WireClient:
        return await WireClient.open(self.address, "operator", token, "clamshell-gateway")
