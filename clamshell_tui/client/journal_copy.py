"""Copies the journal of a running coordinator up to now, and its records from the wire."""

import asyncio
from collections.abc import Iterable, Sequence

from clamshell_tui.client.operator import Endpoint, connected
from clamshell_tui.core.events import Event, LabelsKnown, RecordsSubmitted
from clamshell_tui.datasets.config import WireConfig
from clamshell_tui.errors import InputError
from clamshell_tui.runfile.journal import GENESIS, chained, decode_event
from clamshell_tui.runfile.run_copy import RunCopy, WireRecord
from clamshell_tui.scenario.rules import SCENARIO, stored_scenario
from clamshell_tui.wire.connection import WireClient
from clamshell_tui.wire.operator_messages import (
    JournalRead,
    LookedUp,
    LookUp,
    ReadJournal,
)
from clamshell_tui.wire.parts import Record

_NAMES = 500  # records in one request
_NEWS = 500  # entries; a shorter page is the end of the journal for now


def fetch(place: Endpoint, entries: int | None = None) -> RunCopy:
    """Return the run at ``place``.

    The copy ends at the newest entry, or after ``entries`` of them. Raises the errors of
    :meth:`WireClient.open`, EnvironmentFaultError for other rules, InputError if there are fewer.
    """
    return asyncio.run(_fetch(place, entries))


async def _fetch(place: Endpoint, entries: int | None) -> RunCopy:
    connection, description = await connected(place)
    try:
        events, last = await _journal(connection, entries)
        if entries is not None and len(events) < entries:
            raise InputError(
                f"the run at {place.address} has {len(events)} journal entries, not {entries}. "
                "Lower --entry"
            )
        name = f"the run at {place.address}"
        meta = {**description.meta, SCENARIO: description.scenario}
        scenario, classes = stored_scenario(meta, name), description.classes
        whole = isinstance(scenario.dataset, WireConfig)
        known = await _records(connection, _submitted(events), whole=whole)
    finally:
        await connection.close()
    ids = {} if whole else {number: record.id for number, record in known.items()}
    records = [_wire_record(record, classes) for record in known.values()] if whole else []
    return RunCopy(name, meta, scenario, classes, events, last, ids, records)


async def _journal(
    connection: WireClient, entries: int | None
) -> tuple[list[tuple[float, Event]], bytes]:
    events: list[tuple[float, Event]] = []
    last = GENESIS
    while entries is None or len(events) < entries:
        page = await connection.ask(ReadJournal(len(events)), JournalRead)
        for entry in page.entries[: None if entries is None else entries - len(events)]:
            body = bytes(entry.event)
            events.append((entry.at, decode_event(body)))
            last = chained(last, len(events), entry.at, body)
        if len(page.entries) < _NEWS:
            break
    return events, last


async def _records(connection: WireClient, count: int, *, whole: bool) -> dict[int, Record]:
    """Return the records by number; if not ``whole``, the ids of the first ones."""
    found: dict[int, Record] = {}
    for first in range(0, count if whole else min(count, 1), _NAMES):
        wanted = tuple(range(first, min(count, first + _NAMES)))
        answer = await connection.ask(LookUp(wanted, whole=whole), LookedUp)
        found.update(zip(answer.numbers, answer.records, strict=True))
    return found


def _wire_record(record: Record, classes: Sequence[str]) -> WireRecord:
    truth = None if record.truth is None else classes[record.truth]
    return WireRecord(record.id, record.text, record.numbers, truth)


def _submitted(events: Iterable[tuple[float, Event]]) -> int:
    """Return how many records the run has."""
    count = 0
    for _, event in events:
        if isinstance(event, RecordsSubmitted):
            count = event.first + event.count
        elif isinstance(event, LabelsKnown):
            count = event.first + len(event.labels)
    return count
