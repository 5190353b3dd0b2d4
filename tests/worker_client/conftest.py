"""What the tests of the worker's terminal share."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.worker_client.pictures import looks as looks
from worker_client.outbox import SeatStore

Play = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture
def store(tmp_path: Path) -> SeatStore:
    """Seats kept in a folder of the test."""
    return SeatStore(tmp_path / "seats")


@pytest.fixture
def play() -> Play:
    """Run a coroutine to its end, and no longer than a minute."""

    def run(story: Coroutine[Any, Any, None]) -> None:
        asyncio.run(asyncio.wait_for(story, 60))

    return run
