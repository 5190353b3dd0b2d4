"""The two sources that need no file: scikit-learn's digits, and its generator."""

from math import ceil, log2
from typing import Any

import numpy as np
from sklearn import datasets

from clamshell_tui.datasets.config import DigitsConfig, GeneratedConfig
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.errors import DatasetError

WHITE = 16.0  # the digits have 17 grey levels


def digits(config: DigitsConfig) -> Dataset:
    """Return handwritten digits, pixels in 0..1."""
    bunch: Any = datasets.load_digits()
    count = config.records or len(bunch.target)
    pixels = bunch.data[:count] / WHITE
    return Dataset(
        name="digits",
        ids=_row_numbers(count),
        features=pixels.astype(np.float32),
        classes=tuple("0123456789"),
        truth=bunch.target[:count].astype(np.int64),
        images=np.rint(pixels * 255).astype(np.uint8).reshape(-1, 8, 8),
    )


def generated(config: GeneratedConfig, seed: int) -> Dataset:
    """Return one normal cluster per class, on the corners of a hypercube."""
    features, truth = datasets.make_classification(
        n_samples=config.records,
        n_features=config.features,
        n_informative=_informative(config),
        n_redundant=0,
        n_classes=config.classes,
        n_clusters_per_class=1,
        weights=_weights(config),
        class_sep=2.0 - 1.7 * config.difficulty,
        flip_y=0.2 * config.difficulty,
        random_state=seed % 2**32,
    )
    return Dataset(
        name="generated",
        ids=_row_numbers(config.records),
        features=features.astype(np.float32),
        classes=tuple(f"class {index}" for index in range(config.classes)),
        truth=truth.astype(np.int64),
    )


def _weights(config: GeneratedConfig) -> list[float] | None:
    """Return the shares of all classes but the last; None for equal ones."""
    if config.rare is None:
        return None
    return [(1.0 - config.rare) / (config.classes - 1)] * (config.classes - 1)


def _informative(config: GeneratedConfig) -> int:
    """Return the number of informative features: 60 % of them if easy, 20 % if hard."""
    corners = max(1, ceil(log2(config.classes)))
    if config.features < corners:
        raise DatasetError(
            f"{config.features} features cannot separate {config.classes} classes "
            f"(dataset.features). Write at least {corners}"
        )
    return min(
        config.features, max(corners, round(config.features * (0.6 - 0.4 * config.difficulty)))
    )


def _row_numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))
