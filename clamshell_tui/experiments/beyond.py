"""Beyond the paper: each of our policies against the paper's own. Run one by hand::

python -m clamshell_tui.experiments.beyond continuous --seeds 20
"""

import click

from clamshell_tui.experiments.cells import Measures
from clamshell_tui.experiments.trials import Measure, Trial, render, run_trial

PLAIN = """
[dataset]
kind = "generated"
records = 2520
[learning]
enabled = false
"""

DIGITS = """
[dataset]
kind = "digits"
[stop]
labels = 500
"""

SECONDS = Measure("time", lambda m: m.seconds)
DOLLARS = Measure("cost", lambda m: m.dollars)
BATCH = Measure("batch", lambda m: m.batch_mean)
DEVIATION = Measure("batch std", lambda m: m.batch_deviation)
DUPLICATES = Measure("duplicates", lambda m: m.duplicates, ratio=False)
EVICTIONS = Measure("evictions", lambda m: m.evictions, ratio=False)
CORRECT = Measure("correct", lambda m: m.correct, ratio=False)
FINAL = Measure("Dawid-Skene", lambda m: m.final_correct, ratio=False)
VOTES = Measure("votes", lambda m: m.votes, ratio=False)
MODEL = Measure("model", lambda m: m.accuracy, ratio=False)


def throughput(measures: Measures) -> float | None:
    """Labels per second."""
    return measures.labels / measures.seconds if measures.seconds else None


THROUGHPUT = Measure("throughput", throughput)
TO_90 = Measure("time to 90 %", lambda m: m.seconds_to(0.9))

AT_150 = Measure("150 labels", lambda m: m.accuracy_after(150), ratio=False)
AT_300 = Measure("300 labels", lambda m: m.accuracy_after(300), ratio=False)
FLOWING = ("tasks.batching=continuous",)
MARGIN = (*FLOWING, "learning.uncertainty=margin")

PAPER = (
    "tasks.batching=barrier",
    "straggler_mitigation.routing=random",
    "straggler_mitigation.max_duplicates=unlimited",
    "maintenance.latency_estimator=termest",
)

GAIN = ("straggler_mitigation.routing=expected-gain",)
PLENTY = ("straggler_mitigation.max_duplicates=unlimited", "maintenance.threshold=inf")

VOTED = """
[dataset]
kind = "digits"
[learning]
enabled = false
[maintenance]
threshold = inf
[stop]
labels = 500
"""
ADAPTIVE = ("tasks.votes=7", "quality.confidence=0.97")
AUTO = ("maintenance.threshold=auto", "maintenance.auto_rule=replacement-gain")
ALONE = "straggler_mitigation.enabled=false"
SPAM = ("crowd.behaviours.spammer=0.2",)

TRIALS = {
    "auto": Trial(
        "Thresholds: 500 tasks of 5 records, mitigation with 2 duplicates (ratios to 8 s)",
        PLAIN,
        {f"threshold {name}": (f"maintenance.threshold={name}",) for name in (8, 4, 16, 32, "inf")}
        | {
            "auto, deviations": ("maintenance.threshold=auto",),
            "auto, replacement gain": AUTO,
        },
        (SECONDS, DOLLARS, EVICTIONS),
        ("mturk", "live", "live-heavy", "live-light"),
    ),
    "baseline": Trial(
        "The barrier taken apart: 500 tasks of 5 records, no maintenance (ratios to none of it)",
        PLAIN,
        {
            "barrier": ("maintenance.threshold=inf", ALONE),
            "barrier, random duplicates": (*PLENTY, "straggler_mitigation.routing=random"),
            "barrier, expected gain": (*PLENTY, *GAIN),
            "continuous": (*FLOWING, "maintenance.threshold=inf", ALONE),
            "continuous, random duplicates": (
                *FLOWING,
                *PLENTY,
                "straggler_mitigation.routing=random",
            ),
            "continuous, expected gain": (*FLOWING, *PLENTY, *GAIN),
        },
        (SECONDS, DOLLARS, DUPLICATES),
    ),
    "attention": Trial(
        "What a nudge could save at most: no reaction times at all, R = 3 (ratios)",
        PLAIN,
        {
            "as it is": ("tasks.pool_batch_ratio=3", ALONE),
            "always attentive": ("tasks.pool_batch_ratio=3", ALONE, "crowd.reaction=false"),
        },
        (SECONDS, DOLLARS, BATCH),
    ),
    "attention-mitigated": Trial(
        "What a nudge could save at most under mitigation: no reaction times, R = 3 (ratios)",
        PLAIN,
        {
            "as it is": ("tasks.pool_batch_ratio=3", *PLENTY, *GAIN),
            "always attentive": (
                "tasks.pool_batch_ratio=3",
                *PLENTY,
                *GAIN,
                "crowd.reaction=false",
            ),
        },
        (SECONDS, DOLLARS, BATCH),
    ),
    "auto-medical": Trial(
        "Thresholds where everybody is slow: 500 tasks of 5 records (ratios to 60 s)",
        PLAIN,
        {f"threshold {name}": (f"maintenance.threshold={name}",) for name in (60, 30, 120, "inf")}
        | {
            "auto, deviations": ("maintenance.threshold=auto",),
            "auto, replacement gain": AUTO,
        },
        (SECONDS, DOLLARS, EVICTIONS),
        ("medical",),
    ),
    "uncertainty": Trial(
        "Uncertainty and active share: 500 digits without a barrier (times are ratios)",
        DIGITS,
        {
            "entropy": FLOWING,
            "margin": (*FLOWING, "learning.uncertainty=margin"),
            "least confidence": (*FLOWING, "learning.uncertainty=least-confidence"),
            "passive": (*FLOWING, "learning.selector=passive"),
            "margin, share 0.25": (*MARGIN, "learning.active_fraction=0.25"),
            "margin, share 0.75": (*MARGIN, "learning.active_fraction=0.75"),
            "margin, share 1": (*MARGIN, "learning.active_fraction=1"),
        },
        (TO_90, AT_150, AT_300, MODEL),
        ("mturk", "live"),
    ),
    "auto-plain": Trial(
        "Thresholds: 500 tasks of 5 records, no mitigation (ratios to 8 s)",
        PLAIN,
        {
            f"threshold {name}": (f"maintenance.threshold={name}", ALONE)
            for name in (8, 4, 16, 32, "inf")
        }
        | {
            "auto, deviations": ("maintenance.threshold=auto", ALONE),
            "auto, replacement gain": (*AUTO, ALONE),
        },
        (SECONDS, DOLLARS, EVICTIONS),
        ("mturk", "live", "live-heavy", "live-light"),
    ),
    "votes": Trial(
        "Adaptive votes: 500 digits (ratios to five votes by majority)",
        VOTED,
        {
            "five, majority": ("tasks.votes=5",),
            "three, majority": ("tasks.votes=3",),
            "up to 7, level 0.95": (*ADAPTIVE, "quality.confidence=0.95"),
            "up to 7, level 0.97": ADAPTIVE,
            "up to 7, level 0.99": (*ADAPTIVE, "quality.confidence=0.99"),
        },
        (SECONDS, DOLLARS, VOTES, CORRECT, FINAL),
    ),
    "spam": Trial(
        "Adaptive votes with 20 % spammers: 500 digits (ratios to five votes by majority)",
        VOTED,
        {
            "five, majority": (*SPAM, "tasks.votes=5"),
            "five, weighted": (*SPAM, "tasks.votes=5", "quality.consensus=weighted-majority"),
            "three, majority": (*SPAM, "tasks.votes=3"),
            "up to 7, level 0.97": (*SPAM, *ADAPTIVE),
            "up to 7, level 0.99": (*SPAM, *ADAPTIVE, "quality.confidence=0.99"),
        },
        (SECONDS, DOLLARS, VOTES, CORRECT, FINAL),
    ),
    "gain": Trial(
        "Which duplicates: 500 tasks of 5 records, no maintenance (ratios to unlimited random)",
        PLAIN,
        {
            "random, unlimited": (*PLENTY, "straggler_mitigation.routing=random"),
            "fewest-active, unlimited": PLENTY,
            "fewest-active, 2": ("maintenance.threshold=inf",),
            "expected gain, gate 0": (*PLENTY, *GAIN, "straggler_mitigation.gate=0"),
            "expected gain, gate 0.03": (*PLENTY, *GAIN),
            "expected gain, gate 0.1": (*PLENTY, *GAIN, "straggler_mitigation.gate=0.1"),
        },
        (SECONDS, BATCH, DEVIATION, DOLLARS, DUPLICATES),
    ),
    "continuous": Trial(
        "No batch barrier: 500 digits against the paper's full design (ratios)",
        DIGITS,
        {
            "paper": PAPER,
            "continuous": (*PAPER, "tasks.batching=continuous"),
            "our default": (),
            "our default, continuous": ("tasks.batching=continuous",),
        },
        (SECONDS, THROUGHPUT, TO_90, DOLLARS, MODEL, DUPLICATES, EVICTIONS),
    ),
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(TRIALS)))
@click.option("--seeds", default=10, show_default=True, help="Crowds per cell.")
@click.option("--first", default=1, show_default=True, help="The first seed.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option("--only", multiple=True, help="Only these populations.")
def main(names: tuple[str, ...], seeds: int, first: int, jobs: int, only: tuple[str, ...]) -> None:
    """Print the trials, each with mean and 95 % interval; ratios are to the first arm."""
    for name in names or TRIALS:
        trial = TRIALS[name]
        trial = Trial(
            trial.title, trial.scenario, trial.arms, trial.measures, only or trial.populations
        )
        rows = run_trial(trial, range(first, first + seeds), jobs=jobs)
        click.echo(f"{render(trial, rows)}\n{seeds} seeds\n")


if __name__ == "__main__":
    main()
