"""Simulated machines: how a model errs, how sure it says to be, and how its program fails.

A machine's answer to a record depends on the run's seed, the machine and the record alone, as that
of a program does: asked again it says the same, and two machines of one name are copies.

Each record has a chance ``p`` of being answered rightly, Beta(3 a, 3 (1 - a)) with the accuracy
``a`` as its mean: most records are clear and some are not. A calibrated machine reports ``p``. An
error happens where a uniform number exceeds ``p``; for the share ``correlation`` of the records
that number, and the wrong class, are those of the ``family``, so its members err together.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from clamshell_tui.workforce.config import MachineWorkerConfig

TIMEOUT = 30.0  # seconds after which clamshell-worker kills a program that hangs
_RESTART = 20.0  # seconds, mean time until a crashed one is back
_CLEAR = 3.0  # sum of the parameters of the beta


class MachineAnswer(NamedTuple):
    """``seconds`` after it was asked. Without ``labels`` the request is given back."""

    seconds: float
    labels: tuple[int | None, ...] = ()
    confidences: tuple[float | None, ...] = ()
    crash: tuple[float, float] | None = None  # after so many seconds; away for so many


class SimulatedMachine:
    """One machine of ``[[crowd.machine]]``; ``number`` counts them from 1."""

    def __init__(self, config: MachineWorkerConfig, n_classes: int, seed: int, number: int) -> None:
        self.config = config
        self._n_classes = n_classes
        self._seed = seed
        self._luck = Random(f"{seed}/machine/{number}")  # of failures, which are its own

    def answer(self, names: Sequence[str], truth: Sequence[int]) -> MachineAnswer:
        """Return what becomes of a request for records of these ids and true classes."""
        config, luck = self.config, self._luck
        hangs, crashes = luck.random() < config.timeout, luck.random() < config.crash
        if hangs:
            return MachineAnswer(TIMEOUT)
        answer = self.undisturbed(names, truth)
        if crashes:
            crash = luck.random() * answer.seconds, luck.expovariate(1.0 / _RESTART)
            return answer._replace(crash=crash)
        return answer

    def undisturbed(self, names: Sequence[str], truth: Sequence[int]) -> MachineAnswer:
        """Return the answer of a machine that neither hangs nor crashes."""
        found = [self._one(name, true) for name, true in zip(names, truth, strict=True)]
        labels, confidences = zip(*found, strict=True)
        return MachineAnswer(self.config.seconds * len(names), labels, confidences)

    def _one(self, name: str, true: int) -> tuple[int | None, float | None]:
        config = self.config
        own = Random(f"{self._seed}/machine/{config.name}/{name}")
        common = Random(f"{self._seed}/family/{config.family or config.name}/{name}")
        if own.random() < config.abstain:
            return None, None
        p = config.accuracy
        if 0.0 < p < 1.0:
            p = own.betavariate(_CLEAR * p, _CLEAR * (1.0 - p))
        draws = common if common.random() < config.correlation else own
        label = true
        if draws.random() >= p:
            label = (true + 1 + draws.randrange(self._n_classes - 1)) % self._n_classes
        match config.confidence:
            case "calibrated":
                return label, p
            case "overconfident":
                return label, 0.8 + 0.2 * p
            case "none":
                return label, None
