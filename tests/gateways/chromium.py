"""A headless Chromium, driven over its debugging protocol."""

import asyncio
import json
import shutil
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.coordinator.wire import DEADLINE

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
_LINES = (
    "[...document.querySelectorAll('.xterm-rows > div')].map(row => row.textContent).join('\\n')"
)


class Tab:
    """A page with a terminal in it."""

    def __init__(self, wire: ClientConnection, session: str) -> None:
        self._wire = wire
        self._session = session
        self._number = 0

    async def open(self, url: str) -> None:
        await self.command("Page.navigate", url=url)

    async def front(self) -> None:
        """Look at this tab: a terminal in another one does not draw."""
        await self.command("Page.bringToFront")

    async def reload(self) -> None:
        await self.command("Page.reload")

    async def window(self, width: int, height: int) -> None:
        """The size of the page in pixels."""
        await self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def press(self, *keys: str) -> None:
        """Keys as a keyboard sends them: a letter, ``Enter``, ``Tab`` or ``Escape``."""
        codes = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, "")}
        for key in keys:
            code, text = codes[key] if key in codes else (ord(key.upper()), key)
            event = {"key": key, "windowsVirtualKeyCode": code}
            await self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
            await self.command("Input.dispatchKeyEvent", type="keyUp", **event)

    async def lines(self) -> str:
        """The terminal, row by row."""
        return str(await self.value(_LINES)).replace("\xa0", " ")

    async def reads(self, *words: str) -> str:
        """Wait until all of this stands on the terminal."""
        return await self._until(self.lines, words)

    async def notices(self, *words: str) -> str:
        """Wait until the page says this beside the terminal."""

        async def notice() -> str:
            return str(
                await self.value("document.querySelector('#notice:not([hidden])')?.innerText")
            )

        return await self._until(notice, words)

    async def value(self, expression: str) -> Any:
        """The value of an expression of JavaScript."""
        result = await self.command(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        return result["result"].get("value")

    async def screenshot(self, file: Path) -> None:
        picture = await self.command("Page.captureScreenshot")
        await asyncio.to_thread(file.write_bytes, b64decode(picture["data"]))

    async def command(self, method: str, **parameters: Any) -> Any:
        """One command of the protocol, and its result."""
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        await self._wire.send(json.dumps(request | {"sessionId": self._session}))
        while True:
            reply = json.loads(await self._wire.recv())
            if reply.get("id") == self._number and reply.get("sessionId") == self._session:
                assert "error" not in reply, reply
                return reply["result"]

    async def _until(self, read: Callable[[], Awaitable[str]], words: tuple[str, ...]) -> str:
        text = ""
        try:
            async with asyncio.timeout(DEADLINE):
                text = await read()
                while not all(word in text for word in words):
                    await asyncio.sleep(0.02)
                    text = await read()
        except (TimeoutError, asyncio.CancelledError):
            raise AssertionError(f"{words} not in\n{text}") from None
        return text


class Browser:
    """Made by :func:`chromium`."""

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def tab(self, width: int = 1100, height: int = 700) -> AsyncIterator[Tab]:
        """A new tab; all tabs share their cookies."""
        async with connect(self._url, max_size=None, compression=None) as wire:
            target = await _browser_command(wire, "Target.createTarget", url="about:blank")
            attached = await _browser_command(
                wire, "Target.attachToTarget", targetId=target["targetId"], flatten=True
            )
            tab = Tab(wire, attached["sessionId"])
            await tab.window(width, height)
            yield tab


async def _browser_command(wire: ClientConnection, method: str, **parameters: Any) -> Any:
    await wire.send(json.dumps({"id": 0, "method": method, "params": parameters}))
    while "result" not in (reply := json.loads(await wire.recv())):
        assert "error" not in reply, reply
    return reply["result"]


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    """A browser with a fresh profile, ended after the block."""
    assert PROGRAM is not None
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--no-proxy-server",
        "--disable-background-networking",
        "--autoplay-policy=no-user-gesture-required",
        f"--user-data-dir={folder}",
        "--remote-debugging-port=0",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        file = folder / "DevToolsActivePort"
        async with asyncio.timeout(DEADLINE):
            while not (words := _words(file)):  # noqa: ASYNC110  # the browser writes it
                await asyncio.sleep(0.05)
        yield Browser(f"ws://127.0.0.1:{words[0]}{words[1]}")
    finally:
        process.terminate()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # or it warns when collected


def _words(file: Path) -> list[str]:
    words = file.read_text().split() if file.exists() else []
    return words if len(words) == 2 else []
