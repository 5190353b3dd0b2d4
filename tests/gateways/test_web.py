"""Joining in a browser, as far as its requests and its WebSocket go."""

import gzip
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.coordinator.wire import story
from tests.gateways.served import Run, serving
from tests.gateways.web_client import cookie, dialled, get, place, tab


@story
async def test_a_tab_an_ssh_session_and_a_reload_show_the_same_record(tmp_path: Path) -> None:
    async with serving(tmp_path, "--ssh", "0", "--web", "0") as run:
        code = run.codes.seats[0]
        await run.submit("meow", "purr", "woof")
        async with tab(run, code) as first:
            await first.reads("P001", "Enter")
            await first.press(b"\r")
            await first.reads("Record 1 of 3")
            async with run.terminal(code) as terminal:
                assert await first.ends() == 4001
                await terminal.reads("Record 1 of 3")
                await terminal.pause()
                terminal.press(b"1")
                await terminal.reads("Record 2 of 3")
                async with tab(run, code) as second:
                    await second.reads("Record 2 of 3")
                    assert await terminal.ends() == 0
        async with tab(run, code) as reloaded:
            await reloaded.reads("Record 2 of 3")
            for shown in ("Record 3 of 3", "Enter"):
                reloaded.forget()
                await reloaded.pause()
                await reloaded.press(b"1")
                await reloaded.reads(shown)
            await reloaded.press(b"\r")
            await reloaded.reads("Total for P001", "Enter close")
            await reloaded.press(b"\r")
            assert await reloaded.ends() == 4002
            assert "P001 earned $0.06" in reloaded.text


@story
async def test_the_cookie_leads_to_the_seat_and_nothing_else_does(tmp_path: Path) -> None:
    async with serving(tmp_path, "--web", "0") as run:
        host, port = place(run)
        status, headers, _ = await get(run, f"/j/{run.codes.seats[0].lower()}")
        assert (status, headers["Location"], headers["Cache-Control"]) == (303, "/", "no-store")
        assert headers["Set-Cookie"] == (
            f"clamshell-{port}={run.codes.seats[0].replace('-', '')}; "
            "Path=/; HttpOnly; SameSite=Strict"
        )
        assert "Set-Cookie" not in (await get(run, "/j/nonsense%0d%0aX"))[1]
        own = await cookie(run, run.codes.seats[0])
        for origin in (None, "http://evil.example", f"http://{host}:{port + 1}", "null"):
            with pytest.raises(InvalidStatus, match="403"):
                async with dialled(run, own, origin=origin):
                    pass
        for name in ("evil.example", f"evil.example:{port}", "", "["):
            assert (await get(run, "/", host=name or " "))[0] == 421
        for wrong in ("", own.replace(str(port), "1"), f"clamshell-{port}=WRNG0000"):
            async with dialled(run, wrong) as wire:
                with pytest.raises(ConnectionClosed):
                    await wire.recv()
                assert wire.close_code == 4003
        assert seats_taken(tmp_path) == 0
        await _the_page_needs_nothing_from_elsewhere(run)
        await _what_is_no_size_ends_the_connection_and_not_the_seat(run)


def seats_taken(folder: Path) -> int:
    return len(list(folder.glob("*-gateways/seats/*")))


async def _the_page_needs_nothing_from_elsewhere(run: Run) -> None:
    status, headers, page = await get(run, "/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not {"http:", "https:", "*", "'unsafe-eval'"} & set(policy.replace(";", " ").split())
    assert headers["Referrer-Policy"] == "no-referrer"
    assert b"//" not in page.replace(b"<!", b"")
    for path in ("/page.js", "/page.css", "/xterm-6.0.0.mjs", "/xterm-6.0.0.css"):
        status, headers, body = await get(run, path)
        assert status == 200
        if headers.get("Content-Encoding") == "gzip":
            assert gzip.decompress(body)
    for path in ("/LICENSE-xterm", "/../web.py", "/..%2fweb.py", "/j", "/nothing"):
        assert (await get(run, path))[0] == 404


async def _what_is_no_size_ends_the_connection_and_not_the_seat(run: Run) -> None:
    async with tab(run, run.codes.seats[0]) as odd:
        await odd.reads("P001")
        await odd.wire.send('{"columns": "many"}')
        assert await odd.ends() is not None
    async with tab(run, run.codes.seats[0]) as again:
        await again.reads("P001")
