"""Behaviours of workers: answer a task, leave, disconnect, sleep, or give it back.

A behaviour owns its person and its own ``random.Random``, so a worker's actions depend only on the
tasks given to that worker.

Warm-up and fatigue count answered work only. Answers are not reported: ``interrupted`` of the next
``attempt`` says whether the previous task was taken away, and otherwise its records count as done.
So a terminated assignment neither trains nor tires a worker, which understates fatigue under
mitigation; only the driver knows how much of it was done.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from math import inf
from random import Random
from typing import NamedTuple

from clamshell_tui.policies import Policies
from clamshell_tui.workforce.config import CrowdConfig
from clamshell_tui.workforce.draws import log_normal
from clamshell_tui.workforce.hard_records import HardRecords
from clamshell_tui.workforce.latency import LogNormalLatency
from clamshell_tui.workforce.person import Person
from clamshell_tui.workforce.reaction import notice_seconds, reaction_seconds


class Ending(StrEnum):
    """How a worker's attempt ends, unless another worker's answer ends it first."""

    ANSWER = "answer"
    LEAVE = "leave"  # for good, or to join again as a new worker after ``Attempt.away``
    DISCONNECT = "disconnect"  # back after ``Attempt.away``
    SLEEP = "sleep"  # stays connected and never answers
    SKIP = "skip"  # gives the task back and takes the next one


_ANSWER = Ending.ANSWER  # a member of an enum costs three times the look-up of a global name
_LEAVE = Ending.LEAVE
_A_MOMENT = 0.001  # seconds

READING_SPEED = 238.0
"""Words a minute of adults who read silently (Brysbaert 2019, doi 10.1016/j.jml.2019.104047)."""
_READERS_DIFFER = 0.2  # standard deviation of the logarithm


class Attempt(NamedTuple):
    """A worker's decision about a task, made when the task is received."""

    seconds: float
    """From receiving the task until ``ending`` happens; above 0, infinite for SLEEP."""
    labels: tuple[int, ...]
    """The answer, one class per record; empty unless ``ending`` is ANSWER."""
    ending: Ending
    away: float = 0.0
    """DISCONNECT: seconds until the worker is back; infinite when that is never. LEAVE: seconds
    until the same person joins again; 0 when that is never."""
    afterthought: tuple[int, ...] = ()
    """An answer that the worker sends after the assignment has ended without one."""


class Behaviour:
    """An honest worker, and base class of all others.

    ``worked`` and ``tasks`` count the records and tasks answered so far; ``name`` is the name of an
    explicit worker of the scenario. ``hard`` records are seen by this worker as by ``number``.
    """

    def __init__(self, person: Person, config: CrowdConfig, rng: Random) -> None:
        self.person = person
        self.name = ""
        self.number = 0
        self.hard: HardRecords | None = None
        self.worked = 0
        self.tasks = 0
        self._config = config
        self._rng = rng
        self._abandonment = config.abandonment
        self._fatigue = config.fatigue
        self._reaction = config.reaction
        self._notice = config.termination_notice
        self._busy = 0.0
        self._seconds_in_hand = 0.0
        self._records_in_hand = 0
        self._work = person.latency.seconds
        self._labels = person.labels

    @property
    def accuracy(self) -> float:
        """The true probability of a right label."""
        return self.person.accuracy

    def mean_seconds_per_label(self, n_records: int) -> float:
        """The true mean of undisturbed work, in tasks of ``n_records``: warm, not yet tired."""
        return self.person.mean_seconds_per_label(n_records)

    def seen(self, names: Sequence[str], truth: Sequence[int]) -> Sequence[int]:
        """Return the classes that this worker takes records for, by their ids and true classes."""
        return truth if self.hard is None else self.hard.seen(names, truth, self.number)

    def attempt(self, truth: Sequence[int], *, waited: float, interrupted: bool) -> Attempt:
        """Decide about a task; ``truth`` has the classes of its records, as :meth:`seen`.

        ``waited`` is the time spent waiting before it, in seconds; 0 directly after an answer.
        ``interrupted``: another worker's answer ended the previous assignment of this one.
        """
        if not interrupted and self._records_in_hand:
            self.tasks += 1
            self.worked += self._records_in_hand
            self._busy += self._seconds_in_hand
        n_records = len(truth)
        rng = self._rng
        work = self._work(n_records, self.worked, rng)
        if self._fatigue:
            work *= 1.0 + self._fatigue * self._busy / 3600.0
        seconds = work
        if waited > 0.0 or interrupted:
            seconds += self._before(waited, interrupted)
        if rng.random() < self._abandonment:
            self._records_in_hand = 0
            return Attempt(seconds * (1.0 - rng.random()), (), _LEAVE)
        self._records_in_hand = n_records
        self._seconds_in_hand = work
        return Attempt(seconds, self._labels(truth, rng), _ANSWER)

    def train(self, truth: Sequence[int]) -> Attempt:
        """Read the instructions and answer the gold records of the qualification."""
        reading = log_normal(self._rng, self._config.instructions, 0.4)
        answered = self.answer_gold(truth)
        return answered._replace(seconds=reading + answered.seconds)

    def answer_gold(self, truth: Sequence[int]) -> Attempt:
        """Answer gold records, with the instructions read."""
        work = self.person.latency.seconds(len(truth), self.worked, self._rng)
        self.worked += len(truth)
        return Attempt(work, self.person.labels(truth, self._rng), Ending.ANSWER)

    def read(self, words: int) -> float:
        """Return the seconds in which a text of so many words is read."""
        return log_normal(self._rng, words * 60.0 / READING_SPEED, _READERS_DIFFER)

    def pick(self, count: int) -> int:
        """Draw a number below ``count``, each equally likely: an answer that nothing decides."""
        return int(self._rng.random() * count)

    def _before(self, waited: float, interrupted: bool) -> float:
        """Return the time until work starts: noticing it, and reading a termination notice."""
        seconds = reaction_seconds(waited, self._rng) if self._reaction else 0.0
        if interrupted and self._notice:
            seconds += max(0.0, notice_seconds(self._rng) - waited)  # it is read while waiting
        return seconds

    def _cut_short(self, attempt: Attempt, ending: Ending, away: float = 0.0) -> Attempt:
        """Return the attempt, ending at a random moment before its answer."""
        self._records_in_hand = 0
        return Attempt(attempt.seconds * (1.0 - self._rng.random()), (), ending, away)


class Tiring(Behaviour):
    """Slows down with every hour of work."""

    def __init__(self, person: Person, config: CrowdConfig, rng: Random) -> None:
        super().__init__(person, config, rng)
        self._fatigue += config.tiring.per_hour


class Spammer(Behaviour):
    """Answers quickly without looking: at random, or always the same class."""

    def __init__(self, person: Person, config: CrowdConfig, rng: Random) -> None:
        super().__init__(person, config, rng)
        seconds = config.spammer.seconds
        self._latency = LogNormalLatency(seconds, 0.3 * seconds)
        self._work = self._latency.seconds
        self._labels = self._spam
        self._favourite = rng.randrange(person.n_classes)

    @property
    def accuracy(self) -> float:
        return 1.0 / self.person.n_classes

    def mean_seconds_per_label(self, n_records: int) -> float:
        return self._latency.mean_per_label(n_records)

    def train(self, truth: Sequence[int]) -> Attempt:
        if self._config.spammer.careful_in_training:
            return super().train(truth)
        return self.answer_gold(truth)

    def answer_gold(self, truth: Sequence[int]) -> Attempt:
        if self._config.spammer.careful_in_training:
            return super().answer_gold(truth)
        seconds = self._latency.seconds(len(truth), 0, self._rng)
        return Attempt(seconds, self._spam(truth, self._rng), Ending.ANSWER)

    def _spam(self, truth: Sequence[int], rng: Random) -> tuple[int, ...]:
        if self._config.spammer.answers == "constant":
            return (self._favourite,) * len(truth)
        n_classes = self.person.n_classes
        return tuple([int(rng.random() * n_classes) for _ in truth])


class Wanderer(Behaviour):
    """Loses the connection during some tasks, and mostly returns."""

    def attempt(self, truth: Sequence[int], *, waited: float, interrupted: bool) -> Attempt:
        attempt = super().attempt(truth, waited=waited, interrupted=interrupted)
        wandering = self._config.wanderer
        rng = self._rng
        if attempt.ending is not Ending.ANSWER or rng.random() >= wandering.chance:
            return attempt
        away = log_normal(rng, wandering.away, 0.8) if rng.random() < wandering.returns else inf
        return self._cut_short(attempt, Ending.DISCONNECT, away)


class Quitter(Behaviour):
    """Leaves for good after a number of answered tasks, during the next one or before it."""

    def attempt(self, truth: Sequence[int], *, waited: float, interrupted: bool) -> Attempt:
        attempt = super().attempt(truth, waited=waited, interrupted=interrupted)
        if self.tasks < self._config.quitter.tasks:
            return attempt
        cut = self._cut_short(attempt, Ending.LEAVE)
        return cut._replace(seconds=_A_MOMENT) if self._config.quitter.at_once else cut


class Sleeper(Behaviour):
    """Stays connected, but stops answering after a number of tasks."""

    def attempt(self, truth: Sequence[int], *, waited: float, interrupted: bool) -> Attempt:
        attempt = super().attempt(truth, waited=waited, interrupted=interrupted)
        if self.tasks < self._config.sleeper.tasks:
            return attempt
        self._records_in_hand = 0
        return Attempt(inf, (), Ending.SLEEP)


class Skipper(Behaviour):
    """Gives tasks back unanswered."""

    def attempt(self, truth: Sequence[int], *, waited: float, interrupted: bool) -> Attempt:
        attempt = super().attempt(truth, waited=waited, interrupted=interrupted)
        chosen = self._rng.random() < self._config.skipper.chance
        if attempt.ending is not Ending.ANSWER or not chosen:
            return attempt
        return self._cut_short(attempt, Ending.SKIP)


class Adversary(Behaviour):
    """Wants pay without work; honest in training, and for the first ``adversary.tasks``."""

    def attempt(self, truth: Sequence[int], *, waited: float, interrupted: bool) -> Attempt:
        attempt = super().attempt(truth, waited=waited, interrupted=interrupted)
        if attempt.ending is not Ending.ANSWER or self.tasks < self._config.adversary.tasks:
            return attempt
        n_classes, rng = self.person.n_classes, self._rng
        garbage = tuple([int(rng.random() * n_classes) for _ in truth])
        return self._cheat(self._config.adversary.seconds, garbage)

    def _cheat(self, seconds: float, garbage: tuple[int, ...]) -> Attempt:
        raise NotImplementedError  # each adversary has its own


class SkipAndAnswer(Adversary):
    """Gives every task back, and answers it later: a skipped task must not be paid."""

    def _cheat(self, seconds: float, garbage: tuple[int, ...]) -> Attempt:
        self._records_in_hand = 0
        return Attempt(seconds, (), Ending.SKIP, afterthought=garbage)


class InstantGarbage(Adversary):
    """Answers at random, faster than the records can be read."""

    @property
    def accuracy(self) -> float:
        return 1.0 / self.person.n_classes

    def mean_seconds_per_label(self, n_records: int) -> float:
        return self._config.adversary.seconds / n_records

    def _cheat(self, seconds: float, garbage: tuple[int, ...]) -> Attempt:
        self._seconds_in_hand = seconds
        return Attempt(seconds, garbage, Ending.ANSWER)


class LeaveAndReturn(Adversary):
    """Leaves during a task, answers it afterwards, and joins again as a new worker."""

    def _cheat(self, seconds: float, garbage: tuple[int, ...]) -> Attempt:
        self._records_in_hand = 0
        away = self._config.adversary.away
        return Attempt(seconds, (), Ending.LEAVE, away, garbage)


class SleeperForPay(Adversary):
    """Holds each task until its lease or termination, and answers it then."""

    def _cheat(self, seconds: float, garbage: tuple[int, ...]) -> Attempt:
        self._records_in_hand = 0
        return Attempt(inf, (), Ending.SLEEP, afterthought=garbage)


_OURS: dict[str, Callable[[Person, CrowdConfig, Random], Behaviour]] = {
    "honest": Behaviour,
    "tiring": Tiring,
    "spammer": Spammer,
    "wanderer": Wanderer,
    "quitter": Quitter,
    "sleeper": Sleeper,
    "skipper": Skipper,
    "skip-and-answer": SkipAndAnswer,
    "instant-garbage": InstantGarbage,
    "leave-and-return": LeaveAndReturn,
    "sleeper-for-pay": SleeperForPay,
}
BEHAVIOURS: Policies[Callable[[Person, CrowdConfig, Random], Behaviour]] = Policies(
    "behaviour", _OURS
)
