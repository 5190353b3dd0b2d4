"""The classes of a scenario, as far as they are known before its data are read."""

from msgspec.structs import replace

from clamshell_tui.datasets.config import (
    Cifar10Config,
    CsvConfig,
    DatasetConfig,
    FolderConfig,
    GeneratedConfig,
    JsonlConfig,
    MnistConfig,
    ParquetConfig,
    PluginDatasetConfig,
    WireConfig,
)
from clamshell_tui.scenario.config import Scenario

_TEN = 10  # classes of digits, and of CIFAR-10


def classes_of(dataset: DatasetConfig) -> tuple[str, ...]:
    """Return the classes of the dataset, or as many numbers; none if only its file has them."""
    match dataset:
        case GeneratedConfig():
            return _numbered(dataset.classes)
        case CsvConfig() | JsonlConfig() | ParquetConfig() | FolderConfig() | WireConfig():
            return dataset.classes
        case PluginDatasetConfig():
            return ()
        case MnistConfig() | Cifar10Config():
            return dataset.classes or _numbered(_TEN)
    return _numbered(_TEN)


def question_problem(scenario: Scenario) -> str:
    """Return why the classes of ``[question]`` cannot be those of the dataset, or nothing."""
    asked, source = _asked(scenario), scenario.dataset
    if not asked:
        return ""
    if not isinstance(source, CsvConfig | JsonlConfig | ParquetConfig | FolderConfig | WireConfig):
        return "question: these records have classes of their own; it needs a file, or the wire"
    if source.classes and source.classes != asked:
        return "question: dataset.classes names other classes; leave it out"
    return ""


def with_asked_classes(scenario: Scenario) -> Scenario:
    """Return the scenario with the classes of ``[question]`` as those of its dataset."""
    asked = _asked(scenario)
    if not asked:
        return scenario
    return replace(scenario, dataset=replace(scenario.dataset, classes=asked))


def _asked(scenario: Scenario) -> tuple[str, ...]:
    """Return the classes that ``[question]`` asks for; none if it leaves them to the dataset."""
    question = scenario.question
    return _numbered(question.steps, 1) if question.kind == "rating" else question.classes


def _numbered(count: int, first: int = 0) -> tuple[str, ...]:
    return tuple([str(number) for number in range(first, first + count)])
