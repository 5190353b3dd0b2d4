"""A study is exported while it is served by another process; afterwards the export is the same."""

import asyncio
from pathlib import Path

import pytest

from clamshell_tui.cli import main
from clamshell_tui.wire.study_messages import DebriefShown, Read
from clamshell_tui.wire.worker_messages import Over
from tests.coordinator.study.studies import write_study
from tests.coordinator.study.test_killed import serving
from tests.coordinator.study.test_study_export import read
from tests.coordinator.wire import story


async def call(*arguments: object) -> int:
    return await asyncio.to_thread(main, [str(each) for each in arguments])


@pytest.mark.slow
@story
async def test_exports_during_and_after_a_study_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path, people=1)
    folder = tmp_path / "run"
    async with serving(tmp_path, "--linger", "5") as server:
        one = await server.participant()
        task = await one.learn()
        await one.work(task, 1)
        assert await call("export", folder, "-o", tmp_path / "during") == 0
        assert await call("verify", folder) == 0
        assert await call("summary", folder) == 0
        assert "the study is not over" in capsys.readouterr().out
        assert await call("pay", folder) == 0
        assert "under way" in capsys.readouterr().out
        assert await call("pay", folder, "--paid", "P001") == 3
        assert "is being served. Do it on the People page" in capsys.readouterr().err
        left = 4 // len(task.records) - 1
        await one.talker.socket.close()
        again = await server.participant()
        await again.work(await again.talker.hear_until(type(task)), left)
        await again.fill_in()
        await again.shown(DebriefShown)
        await again.talker.say(Read(again.number))
        await again.talker.hear_until(Over)
        await again.talker.socket.close()
        assert await server.ended() == 0
    assert await call("export", folder, "-o", tmp_path / "after") == 0
    for table in ("answers", "consent"):
        during, after = (read(tmp_path / when, table) for when in ("during", "after"))
        assert during
        assert [row for row in after if row in during] == during, table
    assert len(read(tmp_path / "after", "answers")) == 4 + 4
    (paid,) = read(tmp_path / "after", "pay")
    assert float(paid["total"]) >= 5 + 4 * 0.02
