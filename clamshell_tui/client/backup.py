"""Fetch a back-up of a run from its coordinator."""

from clamshell_tui.wire.connection import WireClient, parse_address
from clamshell_tui.wire.operator_messages import BackedUp, BackUp


async def fetch_back_up(address: str, token: str) -> bytes:
    """Return a sealed copy of the run file as it is now."""
    place = parse_address(address)
    async with await WireClient.open(place, "operator", token, "clamshell-backup") as line:
        parts, total, received = list[bytes](), 1, 0
        while received < total:
            part = await line.ask(BackUp(received), BackedUp)
            parts.append(part.data)
            received, total = part.offset + len(part.data), part.total
    return b"".join(parts)
