"""The gateways that ``--ssh`` and ``--web`` ask for."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext

from clamshell_tui.coordinator.announcement import say
from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.coordinator.serve import Gateways
from clamshell_tui.gateways.launch import check_ssh, gateways
from clamshell_tui.gateways.settings import Settings
from clamshell_tui.wire.invitation import parse_codes

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


def ways_in(options: Options, *, ssh: int | None, web: int | None) -> Gateways:
    """A process for the ports that are given; EnvironmentFaultError if ssh cannot be offered."""
    if ssh is not None:
        check_ssh()
    if ssh is None and web is None:
        return lambda _lines, _secret: nullcontext(())

    @asynccontextmanager
    async def started(lines: Sequence[str], secret: str) -> AsyncIterator[Sequence[str]]:
        settings = _settings(options, lines, secret, ssh=ssh, web=web)
        async with gateways(settings, say) as announced:
            yield announced

    return started


def _settings(
    options: Options, lines: Sequence[str], secret: str, *, ssh: int | None, web: int | None
) -> Settings:
    codes = parse_codes(lines)
    place, mark, fingerprint = codes.address.partition("#")
    shown, _, port = place.rpartition(":")
    host = _LOOPBACK.get(options.host, shown)
    return Settings(
        ssh=ssh,
        web=web,
        host=options.host,
        shown_host=shown,
        pem=str(options.db.with_name(f"{options.db.name}.pem").absolute()) if options.lan else None,
        folder=str(options.db.with_name(f"{options.db.name}-gateways").absolute()),
        coordinator=f"{host}:{port}{mark}{fingerprint}",
        operator=codes.operator,
        secret=secret,
    )
