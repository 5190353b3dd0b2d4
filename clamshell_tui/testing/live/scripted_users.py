"""Plays the steps of a scenario in order, and reports where and why one fails."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from clamshell_tui.client.operator import RemoteRun
from clamshell_tui.errors import ClamshellError
from clamshell_tui.scenario.step import OPERATOR, Step, texts, whose
from clamshell_tui.testing.live.coordinator_process import CoordinatorProcess
from clamshell_tui.testing.live.terminal import LOOK, Terminal
from clamshell_tui.testing.live.users import ScriptedOperator, ScriptedParticipant, Truth


class StepFailedError(ClamshellError):
    """A step was not done in its time. The text has several lines, with the screen."""


class ScriptedUsers:
    """The users of a scenario at their screens. ``folder`` holds the clients' outboxes."""

    def __init__(
        self,
        steps: tuple[Step, ...],
        host: CoordinatorProcess,
        run: RemoteRun,
        truth: Truth,
        folder: Path,
        let_bots_in: Callable[[], None],
    ) -> None:
        self._steps = steps
        self._host = host
        self._run = run
        self._truth = truth
        self._folder = folder
        self._let_bots_in = let_bots_in
        self._users: dict[str, ScriptedParticipant | ScriptedOperator] = {}

    @property
    def names(self) -> dict[str, str]:
        """Ids of the workers, by the names that the steps use."""
        people = {
            who: each for who, each in self._users.items() if isinstance(each, ScriptedParticipant)
        }
        return {who: person.worker for who, person in people.items() if person.worker}

    async def play(self) -> None:
        """Play all steps; StepFailedError for the first that fails."""
        if not any(step.bots for step in self._steps):
            self._let_bots_in()
        for number, (step, who) in enumerate(zip(self._steps, whose(self._steps), strict=True), 1):
            try:
                async with asyncio.timeout(None if step.at is not None else step.within):
                    await self._do(step, who)
            except TimeoutError:
                raise self._failed(number, step, who, f"not within {step.within:g} s") from None
            except (RuntimeError, LookupError) as error:
                raise self._failed(number, step, who, str(error)) from error

    async def empty(self) -> None:
        """Close the clients of all users."""
        for user in self._users.values():
            await user.leave()

    async def _do(self, step: Step, who: str) -> None:
        if step.coordinator == "killed":
            self._host.kill()
        elif step.coordinator == "started":
            await self._host.start()
        elif step.bots is not None:
            self._let_bots_in()
        elif step.at is not None:
            at = step.at
            await _until(lambda: self._run.reckoned() >= at)
        elif step.labels is not None:
            await self._until_run(lambda: len(self._run.replica.engine.state.labels), step.labels)
        elif step.seated is not None:
            await self._until_run(lambda: self._seated(), step.seated)
        elif step.open is not None:
            await self._enter(who).open(_size(step.open))
        else:
            await self._act(step, self._users[who])

    async def _act(self, step: Step, user: ScriptedParticipant | ScriptedOperator) -> None:
        terminal = _terminal(user)
        if step.kill:
            await user.kill()
        elif step.closed:
            await _until(lambda: not terminal.running)
        elif step.network is not None and isinstance(user, ScriptedParticipant):
            user.proxy.put(step.network)
        elif step.label is not None and isinstance(user, ScriptedParticipant):
            await user.label(step.label)
        elif step.press is not None:
            await terminal.press(*texts(step.press))
        elif step.type is not None:
            await terminal.press(*step.type)
        elif step.resize is not None:
            await terminal.resize(_size(step.resize))
        else:
            await self._expect(step, user, terminal)

    async def _expect(
        self, step: Step, user: ScriptedParticipant | ScriptedOperator, terminal: Terminal
    ) -> None:
        there, absent, screen = texts(step.reads), texts(step.lacks), step.screen

        def seen() -> bool:
            text = terminal.text
            return (
                all(words in text for words in there)
                and not any(words in text for words in absent)
                and screen in (None, user.screen)
            )

        await _until(seen)

    async def _until_run(self, count: Callable[[], int], enough: int) -> None:
        await _until(lambda: count() >= enough)

    def _seated(self) -> int:
        workers = self._run.replica.engine.state.pool.workers.values()
        return sum(worker.slot is not None for worker in workers)

    def _enter(self, who: str) -> ScriptedParticipant | ScriptedOperator:
        if who not in self._users:
            codes = self._host.codes
            if who == OPERATOR:
                self._users[who] = ScriptedOperator(codes.address, codes.operator)
            else:
                people = sum(isinstance(each, ScriptedParticipant) for each in self._users.values())
                seat, port = codes.seats[people], self._host.port
                self._users[who] = ScriptedParticipant(seat, port, self._folder / who, self._truth)
        return self._users[who]

    def _failed(self, number: int, step: Step, who: str, why: str) -> StepFailedError:
        lines = [f"step {number} ({f'{who}: ' if who else ''}{step.said}): {why}"]
        if step.because:
            lines.append(f"because {step.because}")
        user = self._users.get(who)
        if user is None or user.terminal is None or not user.terminal.running:
            return StepFailedError("\n".join(lines))
        terminal = user.terminal
        lines += [f"expected on the screen: {text}" for text in texts(step.reads)]
        lines += [f"expected not on the screen: {text}" for text in texts(step.lacks)]
        lines += [f"expected the screen: {step.screen}"] if step.screen else []
        width, height = terminal.size
        lines.append(f'the screen "{user.screen}" of {width}x{height} says')
        lines += [f"| {row}".rstrip() for row in terminal.text.splitlines()]
        return StepFailedError("\n".join(lines))


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # a screen reports no changes
        await asyncio.sleep(LOOK)


def _terminal(user: ScriptedParticipant | ScriptedOperator) -> Terminal:
    if user.terminal is None:
        raise LookupError("there is no terminal any more")
    return user.terminal


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)
