"""How long a decision takes: retrain on ten more labels and pick ten of 60,000 x 784 records.

    python -m venv modal && modal/bin/pip install modAL-python 'scikit-learn==1.5.*'
    python tests/benchmarks/decision.py --modal-python modal/bin/python

Ours and modAL's ActiveLearner get the same arrays, the same estimator with the same settings, the
same 500 labels and the same ten more each round, on one BLAS thread. modAL needs scikit-learn 1.5,
so it runs in an environment of its own; without one, only our side is measured.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

N_CLASSES = 10
START = 500  # labels before the first measured round
STEP = 10  # labels per round, and records picked
TARGETS = {"full pool": 4.0, "1,000 candidates": 15.0}  # times faster than modAL's full pool


def make_data(folder: Path, records: int, features: int, seed: int) -> None:
    """Write images of a sort: 40 latent dimensions seen through ``features`` pixels in 0..1."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(N_CLASSES, size=records)
    centres = rng.normal(size=(N_CLASSES, 40))
    latent = centres[classes] + rng.normal(size=(records, 40))
    pixels = latent.astype(np.float32) @ rng.normal(size=(40, features)).astype(np.float32)
    np.save(folder / "features.npy", (1 / (1 + np.exp(-pixels / 4))).astype(np.float32))
    np.save(folder / "classes.npy", classes)


def load_data(folder: Path) -> tuple[Any, Any]:
    return np.load(folder / "features.npy"), np.load(folder / "classes.npy")


def timed_rounds(decide: Callable[[slice], object], rounds: int) -> float:
    """Return the median seconds of ``decide``, given the records whose labels are new."""
    seconds = []
    for start in range(START, START + rounds * STEP, STEP):
        begun = perf_counter()
        decide(slice(start, start + STEP))
        seconds.append(perf_counter() - begun)
    return median(seconds)


def ours(folder: Path, candidates: int, rounds: int) -> float:
    from clamshell_tui.core.config import LearningConfig
    from clamshell_tui.learner.learner import Learner

    features, classes = load_data(folder)
    # No cross-validation: modAL does none. A hold-out of one record costs nothing.
    learner = Learner(
        features,
        N_CLASSES,
        LearningConfig(candidates=candidates),
        seed=1,
        ranking_size=STEP,
        holdout=(features[:1], classes[:1]),
    )

    def label(new: slice) -> None:
        records = list(range(new.start, new.stop))
        learner.add_labels(records, classes[new].tolist(), [True] * len(records))

    def decide(new: slice) -> tuple[int, ...]:
        label(new)
        return learner.train().ranking

    label(slice(0, START))
    learner.train()
    return timed_rounds(decide, rounds)


def modal(folder: Path, rounds: int, warm_start: bool) -> float:
    from modAL.models import ActiveLearner  # type: ignore[import-not-found]
    from modAL.uncertainty import entropy_sampling  # type: ignore[import-not-found]
    from sklearn.linear_model import LogisticRegression

    features, classes = load_data(folder)
    learner = ActiveLearner(
        estimator=LogisticRegression(warm_start=warm_start),
        query_strategy=entropy_sampling,
        X_training=features[:START],
        y_training=classes[:START],
    )
    pool = features[START:]  # taking labelled rows out of the pool is left out, in modAL's favour

    def decide(new: slice) -> object:
        learner.teach(features[new], classes[new])
        return learner.query(pool, n_instances=STEP)

    return timed_rounds(decide, rounds)


def hand_out(ranking: int = 1000, used: int = 500) -> float:
    """Return the seconds that picking the next batch of a ranking takes, half of it used up."""
    order = tuple(range(ranking))
    taken = set(order[:used])
    seconds = []
    for _ in range(1000):
        begun = perf_counter()
        batch = [record for record in order if record not in taken][:STEP]
        seconds.append(perf_counter() - begun)
        assert batch[0] == used
    return median(seconds)


def modal_elsewhere(python: Path, folder: Path, rounds: int) -> dict[str, float]:
    """Run the modAL side of this script with another interpreter."""
    command = [str(python), __file__, "--modal-side", str(folder), "--rounds", str(rounds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=one_thread())
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def one_thread() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def report(mine: dict[str, float], theirs: dict[str, float]) -> None:
    for name, seconds in (theirs | mine).items():
        line = f"{name:<28}{1000 * seconds:9.2f} ms"
        for other, reference in theirs.items():
            if name in mine:
                line += f"   {reference / seconds:6.1f} x {other}"
        target = TARGETS.get(name.removeprefix("ours, "))
        print(line + (f"   (target {target:g} x)" if target and theirs else ""))
    print(f"{'handing out a ranked batch':<28}{1000 * hand_out():9.3f} ms   (target < 1 ms)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--modal-python", type=Path, help="python of an environment with modAL")
    parser.add_argument("--modal-side", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--features", type=int, default=784)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.modal_side:
        cold, warm = (modal(options.modal_side, options.rounds, w) for w in (False, True))
        json.dump({"modAL": cold, "modAL, warm start": warm}, sys.stdout)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder, options.records, options.features, options.seed)
        theirs = {}
        if options.modal_python:
            theirs = modal_elsewhere(options.modal_python, folder, options.rounds)
        mine = {
            "ours, full pool": ours(folder, options.records, options.rounds),
            "ours, 1,000 candidates": ours(folder, 1000, options.rounds),
        }
        report(mine, theirs)


if __name__ == "__main__":
    main()
