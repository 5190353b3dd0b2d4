"""The screens of a study, from a bot in each condition: pictures, a page that shows them, remarks.

Each condition is served by a coordinator in this process, in a folder that is removed at the end,
with the key of its codes. A condition has all for itself, so that its bot is in it for certain; the
work is cut short, and nobody else comes to a gate.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace as copied
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from clamshell_tui.cli.signals import Stop
from clamshell_tui.coordinator.limits import Limits
from clamshell_tui.coordinator.serve import Coordinator
from clamshell_tui.coordinator.study.opening import opened_study
from clamshell_tui.coordinator.study.service import StudyOptions, StudyService
from clamshell_tui.study.config import GateStage, StageConfig, WorkStage
from clamshell_tui.study.load import Condition, Study
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import JoinString, parse, parse_codes
from clamshell_tui.workforce.crowd import SimulatedCrowd
from worker_client.autopilot import Autopilot
from worker_client.photographed import PhotographedBot, Picture, StuckError, photograph

SPEED = 60.0
_MINUTES, _BREAK = 4.0, 1.5  # of work, and until the break, at most
_GATE = 120.0  # s that a gate waits
_AT_ONCE = 2  # conditions that are served at a time
_SHOWN = 5  # characters named in a remark


class ConditionPictures(Struct):
    """Screens of one condition's bot; ``stuck`` names the stage that it did not come out of."""

    name: str
    pictures: list[Picture]
    stuck: str = ""


async def take(
    study: Study, size: tuple[int, int], note: Callable[[str, Picture], None]
) -> Sequence[ConditionPictures]:
    """Take the pictures of all conditions; ``note`` is called with each one as it is taken."""
    taken = [ConditionPictures(each.name, []) for each in study.conditions]
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(condition: Condition, result: ConditionPictures) -> None:
        def keep(picture: Picture) -> None:
            result.pictures.append(picture)
            note(condition.name, picture)

        async with room:
            try:
                await _one_condition(study, condition, size, keep)
            except StuckError as error:
                result.stuck = str(error)

    with Stop(by_key=False) as stop:
        try:
            async with asyncio.TaskGroup() as group:
                for condition, result in zip(study.conditions, taken, strict=True):
                    group.create_task(one(condition, result))
        except asyncio.CancelledError:
            if not stop.code:
                raise
            raise SystemExit(stop.code) from None
    return taken


async def _one_condition(
    study: Study, condition: Condition, size: tuple[int, int], keep: Callable[[Picture], None]
) -> None:
    """Serve a condition to one bot, until the bot has its receipt."""
    stages = tuple([_shortened(stage) for stage in study.stages])
    alone = copied(study, conditions=(condition,), stages=stages)
    with TemporaryDirectory(prefix="clamshell-") as scratch:
        folder = Path(scratch)
        options = StudyOptions(
            study=alone,
            db=folder / "study",
            port=0,
            speed=SPEED,
            bots=1,
            headless=True,
            linger=0.0,
            limits=Limits(per_second=1000.0, burst=1000.0),
            key_folder=folder / "keys",
        )
        async with opened_study(options) as coordinator:
            coordinator.service.stages.pays_bots = True
            serving = asyncio.create_task(coordinator.service.until_over(coordinator.server))
            try:
                await photograph(
                    _join(coordinator),
                    PhotographedBot(lambda classes: _pilot(alone, condition, classes)),
                    folder / "seat",
                    size,
                    study.sentences,
                    keep,
                    f"{study.name} ({condition.name})",
                )
            finally:
                coordinator.service.run_loop.stop()
                await serving


def _shortened(stage: StageConfig) -> StageConfig:
    """Return a stage as a bot goes through it: gates open soon, and the work has its break."""
    match stage:
        case WorkStage():
            pause = min(stage.break_every, _BREAK) if stage.break_every is not None else None
            minutes = min(stage.minutes or _MINUTES, _MINUTES)
            return replace(stage, minutes=minutes, break_every=pause)
        case GateStage():
            return replace(stage, timeout=min(stage.timeout, _GATE), otherwise="start")
        case _:
            return stage


def _join(coordinator: Coordinator[StudyService]) -> JoinString:
    codes = parse_codes(list(coordinator.lines))
    return parse(codes.join(codes.bots[0]))


def _pilot(study: Study, condition: Condition, classes: int) -> Autopilot:
    crowd = SimulatedCrowd(condition.scenario.crowd, n_classes=classes, seed=study.config.seed)
    return Autopilot(crowd.recruit())


# -- what was seen --------------------------------------------------------------------------------


def remarks(taken: Sequence[ConditionPictures]) -> Iterator[str]:
    """Yield a sentence for each thing on the screens that participants may stumble over."""
    said: dict[str, list[str]] = {}
    for one in taken:
        found = dict.fromkeys(
            f"{picture.number:02}-{picture.stage}: {remark}"
            for picture in one.pictures
            for remark in picture.cut
        )
        for text in [*found, *_lost_glyphs(one.pictures)]:
            said.setdefault(text, []).append(one.name)
    for text, names in said.items():
        everywhere = len(names) == len(taken)
        yield text if everywhere else f"{text} (condition {', '.join(map(show, names))})"
    for one in taken:
        if one.stuck:
            yield (
                f"condition {show(one.name)}: the bot did not leave {one.stuck} within a minute; "
                "the screens after it are missing"
            )


def _lost_glyphs(pictures: Sequence[Picture]) -> Iterator[str]:
    """Characters of the texts that are on no picture of their stage."""
    stages: dict[tuple[int, str], list[Picture]] = {}
    for picture in pictures:
        stages.setdefault((picture.number, picture.stage), []).append(picture)
    for (number, name), seen in stages.items():
        shown = {letter for picture in seen for line in picture.lines for letter in line}
        wanted = {letter for picture in seen for letter in picture.source if _is_seen(letter)}
        if lost := sorted(wanted - shown):
            codes = ", ".join(f"U+{ord(each):04X}" for each in lost[:_SHOWN])
            yield f"{number:02}-{name}: characters that the screen does not show ({codes})"


def _is_seen(letter: str) -> bool:
    """Whether a character of a text in Markdown has to be on the screen."""
    return letter.isalnum() or (not letter.isascii() and not letter.isspace())
