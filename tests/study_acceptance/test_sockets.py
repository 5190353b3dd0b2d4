"""The scripted study of the specification, by clients without a screen and bots."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.study_acceptance.exports import export, exports_agree
from tests.study_acceptance.lab import (
    DECLINER,
    ERASED,
    LEAVER,
    PEOPLE,
    SPAMMER,
    Server,
    command,
    long_story,
    serving,
    write_study,
)
from tests.study_acceptance.people import Participant
from tests.study_acceptance.points import Points, conditions
from worker_client.crowd_of_bots import crowd_named, run

SPEED = 100


class Lab:
    """The people, the bots, and the coordinator of now."""

    def __init__(self) -> None:
        self.port = 0
        self.people: dict[str, Participant] = {}

    def take(self, server: Server) -> None:
        self.port = server.port
        if not self.people:
            for label, code in zip(PEOPLE, server.codes.seats, strict=True):
                agrees = label != DECLINER
                self.people[label] = Participant(label, code, lambda: self.port, agrees=agrees)


@pytest.mark.slow
@long_story
async def test_a_study_with_a_decliner_a_leaver_an_evicted_and_three_kills(tmp_path: Path) -> None:
    write_study(tmp_path)
    lab = Lab()
    async with serving(tmp_path, "--port", "0", speed=SPEED, dies=f"enter:{LEAVER}") as server:
        lab.take(server)
        place = f"clam://127.0.0.1:{server.port}"
        joins = [f"{place}/{code}" for code in server.said["bot"]]
        codes = server.secrets
        bots = asyncio.create_task(run(joins, crowd_named("mturk"), seed=3, speed=10.0 * SPEED))
        await lab.people[DECLINER].go()
        for label in ("L01", "L02", "L03"):
            await asyncio.wait_for(lab.people[label].go(tasks=1), 20)
        leaver = asyncio.create_task(lab.people[LEAVER].go(tasks=1))
        assert await server.ends() == -signal.SIGKILL
    before = conditions(tmp_path / "run")
    for label in ("L01", "L02"):
        await lab.people[label].vanish()
    port = str(lab.port)
    async with serving(tmp_path, "--port", port, speed=SPEED, dies=f"ended:{LEAVER}") as server:
        await leaver
        await lab.people[LEAVER].vanish()  # in the middle of a task
        await lab.people["L01"].go()
        rest = asyncio.create_task(lab.people[LEAVER].go())  # from another machine
        assert await server.ends() == -signal.SIGKILL
    async with serving(tmp_path, "--port", port, "--linger", "3", speed=SPEED) as server:
        lab.people[SPAMMER].wrong = True
        lab.people[ERASED].withdraws = True
        during = await export(tmp_path, "during")
        others = [label for label in PEOPLE if label not in (DECLINER, LEAVER, "L01")]
        for label in others:  # beside each other, and long enough for several checks of the pool
            lab.people[label].pace = 10 / SPEED
        await asyncio.gather(rest, *(lab.people[label].go() for label in others))
        await bots
        assert await server.ends() == 0
    points = Points(tmp_path)
    points.returned(before)
    points.is_erased(ERASED)
    assert lab.people[LEAVER].drafts_returned == 1
    points.all(lab.people, codes)
    await exports_agree(tmp_path, during, lab.people)
    code, said, _ = await command(tmp_path, "verify", str(tmp_path / "run"))
    assert code == 0
    assert "4 values erased on request" in said
