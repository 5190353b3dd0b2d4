"""Tests many scenarios: simulated ones in several processes, and live ones beside them.

Each process takes the next few seeds when it is free. The verdicts of simulated scenarios do not
depend on the number of processes. Live ones mostly wait for people and clocks; the simulating
processes give way to them.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from msgspec import Struct

from clamshell_tui.experiments.processes import LEARNING, process_pool
from clamshell_tui.testing.case import Case, LiveOptions, SeedResult
from clamshell_tui.testing.trial import attempt
from clamshell_tui.testing.verdict import TrialVerdict, judge

HANDFUL = 5  # seeds per piece of work: few messages, and no long wait at the end

Numbered = tuple[int, TrialVerdict]
"""The index of a case, and its verdict."""


class SuiteOptions(Struct, frozen=True, kw_only=True):
    """How to test. ``live`` tests every scenario live; those with a ``[[step]]`` always are.

    ``out`` keeps the only run of a single seed. With ``in_order`` False verdicts are yielded as
    they are known, otherwise simulated ones first, each in the order of the cases.
    """

    seeds: tuple[int, ...]
    jobs: int
    live: bool = False
    live_options: LiveOptions = LiveOptions()
    out: Path | None = None
    overwrite: bool = False
    in_order: bool = True

    def tests_live(self, case: Case) -> bool:
        return (self.live and not case.study) or case.needs_live


def run_suite(
    cases: Sequence[Case], options: SuiteOptions, advance: Callable[[int], None] = lambda _: None
) -> Generator[Numbered, None, None]:
    """Yield a verdict for each case; ``advance`` is called with numbers of finished runs.

    Raises EnvironmentFaultError if the machine refuses, or a process dies.
    """
    simulated = [n for n, case in enumerate(cases) if not options.tests_live(case)]
    live = [n for n, case in enumerate(cases) if options.tests_live(case)]
    pieces = len(live) + len(simulated) * -(-len(options.seeds) // HANDFUL)
    if options.jobs == 1 or pieces <= 1 or (len(options.seeds) == 1 and not live):
        found = _alone(cases, simulated, live, options, advance)
    else:
        found = _in_processes(cases, simulated, live, options, advance)
    yield from _ordered(found, [*simulated, *live]) if options.in_order else found


def _ordered(found: Iterator[Numbered], order: list[int]) -> Iterator[Numbered]:
    """Hold back verdicts until those before them are known."""
    known: dict[int, TrialVerdict] = {}
    waiting = iter(order)
    wanted = next(waiting, None)
    for number, verdict in found:
        known[number] = verdict
        while wanted in known:
            yield wanted, known.pop(wanted)
            wanted = next(waiting, None)


def _alone(
    cases: Sequence[Case],
    simulated: list[int],
    live: list[int],
    options: SuiteOptions,
    advance: Callable[[int], None],
) -> Iterator[Numbered]:
    for number in simulated:
        results = []
        for seed in options.seeds:
            results += _simulated(cases[number], (seed,), options)
            advance(1)
        yield number, judge(cases[number], results)
    for number in live:
        yield number, _tested_live(cases[number], options.live_options)
        advance(1)


def _in_processes(
    cases: Sequence[Case],
    simulated: list[int],
    live: list[int],
    options: SuiteOptions,
    advance: Callable[[int], None],
) -> Iterator[Numbered]:
    seeds = options.seeds
    handfuls = [seeds[at : at + HANDFUL] for at in range(0, len(seeds), HANDFUL)]
    asked: dict[Future[Any], int] = {}  # of a verdict, or of results
    results: dict[int, list[SeedResult]] = {number: [] for number in simulated}
    preload = (LEARNING, f"{__package__}.live.verdict" if live else f"{__package__}.trial")
    with ExitStack() as stack:
        if live:  # first, as each takes long
            concurrent = _concurrent([cases[number] for number in live], options.live_options)
            stage = stack.enter_context(process_pool(concurrent, preload=preload))
            for number in live:
                asked[stage.submit(_tested_live, cases[number], options.live_options)] = number
        if simulated:
            polite = bool(live)
            pool = stack.enter_context(process_pool(options.jobs, preload=preload, polite=polite))
            for number in simulated:
                for handful in handfuls:
                    asked[pool.submit(_simulated, cases[number], handful, options)] = number
        for future in as_completed(asked):
            number = asked[future]
            if number not in results:
                advance(1)
                yield number, future.result()
                continue
            advance(len(future.result()))
            results[number] += future.result()
            if len(results[number]) == len(seeds):
                yield number, judge(cases[number], results.pop(number))


def _concurrent(cases: Sequence[Case], options: LiveOptions) -> int:
    """Return how many live cases to run concurrently.

    With people at screens, a run mostly waits for them; otherwise its coordinator needs a core.
    """
    if options.port:
        return 1
    if options.jobs is not None:
        return options.jobs
    cores = os.cpu_count() or 1
    return 2 * cores if all(case.needs_live for case in cases) else max(1, cores // 2)


def _simulated(case: Case, seeds: tuple[int, ...], options: SuiteOptions) -> list[SeedResult]:
    """Run some seeds in virtual time; the only one of a suite with the story of each failure."""
    alone = len(options.seeds) == 1
    return [
        attempt(case, seed, out=options.out, overwrite=options.overwrite, with_story=alone)
        for seed in seeds
    ]


def _tested_live(case: Case, options: LiveOptions) -> TrialVerdict:
    from clamshell_tui.testing.live.verdict import verdict_of  # the screens, with Textual

    return verdict_of(case, options)
