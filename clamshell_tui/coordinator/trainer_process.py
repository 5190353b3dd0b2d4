"""The training process: reads the data, trains models, ranks, predicts.

All slow work is done here. Only this process imports numpy and scikit-learn, so the coordinator
stays small and its event loop never waits for them. It ends when its standard input is closed.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import BinaryIO, assert_never

import numpy as np
from msgspec import UNSET

from clamshell_tui.coordinator.trainer_messages import (
    HEADER,
    AddLabels,
    AddRecords,
    BatchPredicted,
    Exclude,
    Load,
    Loaded,
    PredictBatch,
    Prediction,
    PredictionRefused,
    PredictRequest,
    RebuildModel,
    Refused,
    Reply,
    Request,
    Train,
    Trained,
    TrainingRefused,
    decode_request,
    framed,
)
from clamshell_tui.coordinator.training_data import TrainingData
from clamshell_tui.core.ids import RecordId
from clamshell_tui.datasets.dataset import Dataset
from clamshell_tui.errors import ClamshellError
from clamshell_tui.learner.names import LearnerError
from clamshell_tui.scenario.load import parse_scenario

SHOWN_NUMBERS = 100  # of a record without text or image: more than a person reads


class RequestServer:
    """Handles requests, one at a time."""

    def __init__(self) -> None:
        self._data: TrainingData | None = None

    def reply(self, request: Request) -> Reply | None:
        """Handle a request; return its reply, if it has one."""
        if isinstance(request, Load):
            return self._load(request)
        data = self._data
        if data is None:
            raise RuntimeError(f"{type(request).__name__} before Load")
        match request:
            case AddRecords():
                data.add_records(request.records)
            case AddLabels():
                data.add_labels(request.records, request.labels, request.active)
            case Exclude():
                data.exclude(request.records)
            case Train():
                return _trained(data, request)
            case RebuildModel():
                with suppress(
                    ClamshellError, LearnerError
                ):  # trained before, perhaps by an older version
                    data.rebuild(request.labels, request.version)
            case PredictRequest():
                return _predicted(data, request)
            case PredictBatch():
                return _batch_predicted(data, request)
            case _:
                assert_never(request)
        return None

    def _load(self, request: Load) -> Reply:
        try:
            scenario = parse_scenario(request.scenario_toml, "scenario")
            self._data = TrainingData(scenario, Path(request.base))
        except ClamshellError as error:
            return Refused(type(error).__name__, str(error))
        return _described(self._data)


def _described(data: TrainingData) -> Loaded:
    if data.roles is None:
        return Loaded("wire", data.classes, (), (), 0, ())
    records = data.roles.records
    plain = Loaded(
        name=records.name,
        classes=records.classes,
        ids=tuple(records.ids),
        truth=tuple(records.truth.tolist()),
        gold=data.roles.gold,
        notes=records.notes,
        seeds=data.roles.seeds,
        meta=data.roles.meta,
        uses={RecordId(record): use for record, use in data.roles.uses.items()} or UNSET,
        why={
            RecordId(record): records.why[record]
            for record, use in data.roles.uses.items()
            if records.why is not None and use == "training"
        }
        or UNSET,
    )
    return _with_contents(plain, records)


def _with_contents(plain: Loaded, records: Dataset) -> Loaded:
    from msgspec.structs import replace

    if records.texts is not None:
        return replace(plain, texts=tuple(records.texts))
    if isinstance(records.images, tuple):
        shapes = tuple([_shape(image.shape) for image in records.images])
        pixels = b"".join(image.tobytes() for image in records.images)
        return replace(plain, images=shapes, pixels=pixels)
    if records.images is not None:
        shape = _shape(records.images.shape[1:])
        return replace(plain, image=shape, pixels=records.images.tobytes())
    features = np.asarray(records.features)  # without texts they are dense
    shown = np.ascontiguousarray(features[:, :SHOWN_NUMBERS], dtype=np.float32)
    return replace(plain, width=shown.shape[1], numbers=shown.tobytes())


def _shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """Return height, width and channels of a picture."""
    height, width, *rest = shape
    return height, width, rest[0] if rest else 1


def _trained(data: TrainingData, request: Train) -> Trained | TrainingRefused:
    began = perf_counter()
    try:
        model = data.train(request.labels)
    except (ClamshellError, LearnerError) as error:
        return TrainingRefused(str(error))
    return Trained(
        model.ranking,
        model.labels_used,
        model.accuracy,
        model.estimated,
        perf_counter() - began,
        model.uncertainty,
        model.by_class,
    )


def _predicted(data: TrainingData, request: PredictRequest) -> Prediction | PredictionRefused:
    if not data.version or not request.records:
        return Prediction(request.number, data.version)
    try:
        probabilities = data.predict(request.records)
    except (ClamshellError, LearnerError) as error:
        return PredictionRefused(request.number, str(error))
    best = probabilities.argmax(axis=1)
    return Prediction(
        request.number,
        data.version,
        tuple(best.tolist()),
        tuple(probabilities.max(axis=1).tolist()),
    )


def _batch_predicted(data: TrainingData, request: PredictBatch) -> BatchPredicted | None:
    try:
        labels, chances = data.predict_records(request.records)
    except LearnerError:
        return None
    return BatchPredicted(request.records, tuple(labels), tuple(chances))


def _requests(pipe: BinaryIO) -> Iterator[Request]:
    while len(header := pipe.read(HEADER)) == HEADER:
        yield decode_request(pipe.read(int.from_bytes(header, "big")))


def main() -> None:
    """Serve until the coordinator closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the coordinator's business
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of libraries must not mix with the replies
    process = RequestServer()
    for request in _requests(sys.stdin.buffer):
        reply = process.reply(request)
        if reply is not None:
            replies.write(framed(reply))
            replies.flush()


if __name__ == "__main__":
    main()
