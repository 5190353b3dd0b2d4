"""The records of a run, with their texts or pictures, features and known answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clamshell_tui.datasets.config import Use

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Features: TypeAlias = "NDArray[np.float32] | csr_matrix"
"""``(n_records, n_features)``, finite, float32."""

Images: TypeAlias = NDArray[np.uint8] | tuple[NDArray[np.uint8], ...]
"""Pictures of one size in an array, or of different sizes in a tuple."""

UNKNOWN = -1
"""In ``Dataset.truth``: the answer is unknown."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Records by index; all sequences have ``n_records`` entries.

    ``truth`` is int64, an index into ``classes`` or ``UNKNOWN``. ``texts`` are raw: strip control
    characters before showing them. ``images`` have 8 bits per pixel: ``(n_records, height, width)``
    if grey, ``(n_records, height, width, 3)`` in red, green and blue; or one array each if sizes
    differ. The model sees only ``features``. ``notes`` are warnings for the user. Arrays are
    read-only, since runs share them.
    """

    name: str
    ids: Sequence[str]
    features: Features
    classes: tuple[str, ...]
    truth: NDArray[np.int64]
    texts: Sequence[str] | None = None
    images: Images | None = None
    notes: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()  # names of the columns of ``features``, if any
    use: Sequence[Use | None] | None = None  # role of each record, where the file says so
    why: Sequence[str] | None = None  # reason of each known answer, shown in a study's training
    groups: NDArray[np.int64] | None = None  # records of one group are held out together

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> "Dataset":
        """Return a dataset of the records at ``indices``, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        return replace(
            self,
            ids=[self.ids[i] for i in chosen],
            features=self.features[chosen],
            truth=self.truth[chosen],
            texts=None if self.texts is None else [self.texts[i] for i in chosen],
            images=None if self.images is None else _some(self.images, chosen),
            use=None if self.use is None else [self.use[i] for i in chosen],
            why=None if self.why is None else [self.why[i] for i in chosen],
            groups=None if self.groups is None else self.groups[chosen],
        )


def _some(images: Images, chosen: NDArray[np.int64]) -> Images:
    if isinstance(images, tuple):
        return tuple([images[index] for index in chosen])
    return images[chosen]
