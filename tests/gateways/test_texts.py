"""Participants who do not read English, from the first byte of an ssh session or a page."""

import json
import stat
from pathlib import Path

from clamshell_tui.participant_texts import ENGLISH_TEXTS, Texts
from clamshell_tui.participant_texts.load import built_in, load_texts
from clamshell_tui.wire.messages import Error
from clamshell_tui.wire.worker_messages import Join
from tests.coordinator.wire import story
from tests.gateways.served import PETS, serving
from tests.gateways.web_client import get

GERMAN = Texts(load_texts(built_in()["de"]))


@story
async def test_a_run_speaks_german_through_every_door(tmp_path: Path) -> None:
    german = f'texts = "de"\n{PETS}'
    async with serving(tmp_path, "--ssh", "0", "--web", "0", text=german) as run:
        code = run.codes.seats[0]
        async with run.ssh(code) as connection:
            done = await connection.run(request_pty=False)
            assert GERMAN("ssh.no_terminal") in str(done.stdout)
        async with run.terminal(code) as terminal:
            await terminal.reads("P001", GERMAN("hint.accept"), GERMAN("instructions.pay"))
            assert ENGLISH_TEXTS("join.title") not in terminal.text
            terminal.press(b"\x1b")
            await terminal.reads(GERMAN("leave.title"))
            terminal.press(b"l")
            await terminal.reads(GERMAN("over.thanks"), GERMAN("over.total", worker="P001"))
            terminal.press(b"\r")
            assert await terminal.ends() == 0
            assert GERMAN("over.earned", worker="P001", amount="0,000 $") in terminal.text
        _, _, page = await get(run, "/")
        assert b'<html lang="de">' in page
        assert GERMAN("web.javascript").encode() in page
        assert b"{{" not in page
        _, headers, script = await get(run, "/texts.js")
        assert headers["Content-Type"].startswith("text/javascript")
        sentences = script.decode().removeprefix("export const texts = ").rstrip(";\n")
        assert json.loads(sentences) == GERMAN.section("web")
        worker = await run.connect()
        refusal = await worker.ask(Join("WRNG-0000"), Error)
        assert refusal.message == GERMAN("refused.wrong_code")
        kept = tmp_path / "run.db-gateways" / "texts.toml"
        assert load_texts(kept) == GERMAN.replaced
        assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
