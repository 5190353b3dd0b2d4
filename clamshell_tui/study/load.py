"""Reads a study file, and all small files that it names, as strictly as a scenario.

Records are not read here, so that a mistake is reported immediately; see ``study.records``.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from math import inf
from pathlib import Path
from random import Random
from shlex import quote
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import structs

from clamshell_tui.errors import InputError, ScenarioError
from clamshell_tui.participant_texts import Texts
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.contradictions import expectation_faults
from clamshell_tui.scenario.expectation import Expectation
from clamshell_tui.scenario.load import (
    Origin,
    ScenarioPart,
    checked_tables,
    parse_scenario,
    scenario_text,
    scenario_texts,
)
from clamshell_tui.scenario.validate import Fault, Key
from clamshell_tui.study.config import (
    ConsentStage,
    DebriefStage,
    InstructionsStage,
    ParticipantsConfig,
    PaymentConfig,
    StageConfig,
    StudyConfig,
    StudyParts,
    WorkStage,
)
from clamshell_tui.study.guests import GuestListError, numbered_guests, read_guests
from clamshell_tui.study.markdown import read_markdown, text_digest
from clamshell_tui.study.plan import Guest
from clamshell_tui.study.rules import gate_problems, problems
from clamshell_tui.text import show

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PARTS = StudyParts.__struct_fields__


def _study_file() -> type[msgspec.Struct]:
    """Return the type of the whole file: the tables of a study and those of a scenario."""
    fields: list[tuple[str, Any, Any]] = []
    for each in (*structs.fields(StudyParts), *structs.fields(Scenario)):
        if each.default_factory is not msgspec.NODEFAULT:
            default = msgspec.field(default_factory=each.default_factory)
        else:
            default = msgspec.field(default=each.default)
        fields.append((each.name, each.type, default))
    return msgspec.defstruct(
        "StudyFile", fields, frozen=True, forbid_unknown_fields=True, kw_only=True
    )


StudyFile: Final = _study_file()


@dataclass(frozen=True)
class Condition:
    """One arm: a finished scenario. ``letter`` stands for it on screens that are blinded."""

    name: str
    letter: str
    weight: int
    scenario: Scenario


@dataclass(frozen=True, eq=False)
class Study:
    """A study, except its records.

    ``texts`` are the Markdown files by the name in the study file, ``sentences`` those of the
    participant's screens. ``digests`` has, by name, the SHA-256 of every file that decides
    something; of the guest list, what is read of it.
    ``overrides`` are the settings of ``--set``, which count as part of the study file.
    """

    path: Path
    text: str
    name: str
    config: StudyConfig
    participants: ParticipantsConfig
    payment: PaymentConfig
    stages: tuple[StageConfig, ...]
    conditions: tuple[Condition, ...]
    texts: Mapping[str, str]
    sentences: Texts
    guests: tuple[Guest, ...]
    expect: tuple[Expectation, ...]
    digests: Mapping[str, str]
    overrides: tuple[str, ...]
    origin: Origin

    @property
    def digest(self) -> str:
        """SHA-256 of the digests of all files, in hex."""
        return sha256(msgspec.json.encode(dict(self.digests), order="sorted")).hexdigest()

    @property
    def learns(self) -> bool:
        """Whether a model is trained in any condition."""
        return any(each.scenario.learning.enabled for each in self.conditions)

    def error(self, key: Key, text: str) -> ScenarioError:
        """Return an error with the line of ``key`` in the study file."""
        return self.origin.error(Fault(key, text))

    def require_unchanged(self, digests: Mapping[str, str], overrides: Sequence[str]) -> None:
        """Raise ScenarioError if a file or ``--set`` differs from when the study began."""
        if dict(digests) == dict(self.digests):
            return
        if tuple(overrides) != self.overrides:
            began, again = "without --set", "leave --set out"
            if overrides:
                given = " ".join([f"--set {show(quote(each))}" for each in overrides])
                began, again = f"with {given}", "give the same"
            raise ScenarioError(f"this study began {began}; {again}, or use another folder")
        names = sorted({*digests, *self.digests})
        name = next(each for each in names if digests.get(each) != self.digests.get(each))
        what = f"{show(name)} has changed since this study began"
        if name not in self.digests:
            what = f"this study began with {show(name)}, which is not in use now"
        if name not in digests:
            what = f"this study began without {show(name)}"
        raise ScenarioError(f"{what}; restore it or use another folder")


def is_study(path: Path) -> bool:
    """Return whether a file has stages; False too if it cannot be read, as loading will report."""
    try:
        return isinstance(tomllib.loads(scenario_text(path)).get("stage"), list)
    except (InputError, ValueError, RecursionError):
        return False


def load_study(path: Path, overrides: Sequence[str] = ()) -> Study:
    """Return the study in ``path``, changed by ``section.key=value`` overrides.

    Raises ScenarioError for the first mistake in it or in a file that it names, with its line.
    """
    text, source = scenario_text(path), show(path.name)
    tables, origin = checked_tables(text, source, overrides, StudyFile)
    for name in _NOT_IN_STUDIES:
        if name in tables:
            raise origin.error(Fault((name, 0), f"{name}: only a scenario has it; leave it out"))
    if not tables.get("stage"):
        how = "clamshell help study says how to write them"
        if "stage" in tables:
            raise origin.error(Fault(("stage",), f"stage: there are none. {how}"))
        raise ScenarioError(f"{source} is no study: it has no stages. {how}")
    try:
        own = {name: tables[name] for name in _PARTS if name in tables}
        parts = msgspec.convert(own, StudyParts)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ScenarioError(f"{source}: {error}") from error
    for fault in problems(parts):
        raise origin.error(fault)
    named = "private" in tables.get("participants", {})
    guests = _guests(parts, path.parent, origin, has_private=named)
    for fault in gate_problems(parts.stage, len(guests)):
        raise origin.error(fault)
    name = parts.study.name or tables.get("name") or path.stem
    read = _Read(text, tuple(overrides), parts, name, len(guests), origin)
    letters = list(LETTERS[: len(parts.condition)])
    Random(f"{parts.study.seed}/letters").shuffle(letters)
    conditions = [_condition(read, number, letter) for number, letter in enumerate(letters)]
    sentences = _sentences(tables, conditions[0].scenario, path.parent, origin)
    texts = dict(_texts(parts.stage, path.parent, origin))
    digests = {path.name: _digest([text, *overrides])}
    if parts.participants.file:  # not of its private columns: names could be found by trying
        digests[parts.participants.file] = _digest(guests)
    digests |= {file: text_digest(each) for file, each in texts.items()}
    for file, key in sorted(_data_files(conditions)):
        digests[file] = _digest_of(path.parent / file, key, origin)
    return Study(
        path=path,
        text=text,
        name=name,
        config=parts.study,
        participants=parts.participants,
        payment=parts.payment,
        stages=parts.stage,
        conditions=tuple(conditions),
        texts=texts,
        sentences=sentences,
        guests=guests,
        expect=_expectations(tables, parts, guests, origin),
        digests=digests,
        overrides=tuple(overrides),
        origin=origin,
    )


class _Read(NamedTuple):
    """Parts read before the conditions."""

    text: str
    overrides: tuple[str, ...]
    parts: StudyParts
    name: str
    people: int
    origin: Origin


def _guests(
    parts: StudyParts, base: Path, origin: Origin, *, has_private: bool
) -> tuple[Guest, ...]:
    invited = parts.participants
    if not invited.file:
        return numbered_guests(invited.count)
    names = [each.name for each in parts.condition]
    try:
        return read_guests(base / invited.file, invited.private, names)
    except GuestListError as error:
        key = error.key if has_private else "file"
        raise origin.error(Fault(("participants", key), str(error))) from None


def _condition(study: _Read, number: int, letter: str) -> Condition:
    """Return a condition: the defaults of a study, the settings of the file, and its own."""
    each = study.parts.condition[number]
    where = f'{study.origin.place(("condition", number, "set"))}: condition "{each.name}": '
    names = [setting.partition("=")[0].strip() for setting in each.set]
    for at, name in enumerate(names):
        reason = _NOT_SET_APART.get(name.partition(".")[0].strip())
        if name in names[:at]:
            reason = "it is set twice; keep one"
        if reason:
            raise ScenarioError(f"{where}setting {show(each.set[at])}: {reason}")
    place, stage = next(
        (place, stage)
        for place, stage in enumerate(study.parts.stage)
        if isinstance(stage, WorkStage) and (not stage.only or each.name in stage.only)
    )

    def read(*, check_sense: bool) -> Scenario:
        return parse_scenario(
            study.text,
            study.origin.source,
            study.overrides,
            default_name=f"{study.name}-{each.name}",
            absent=_defaults(study.parts, study.people, stage.checks_every),
            part=ScenarioPart(StudyFile, _NOT_A_SCENARIOS, each.set, where),
            check_sense=check_sense,
        )

    scenario = read(check_sense=False)  # the part of a stage that comes first
    for key, instead in _taken_over(scenario, stage.checks_every):
        name = ".".join(map(str, key))
        own = any(setting.partition("=")[0].strip() == name for setting in each.set)
        what = f"{name}: {instead}; leave it out here"
        raise ScenarioError(f"{where}{what}") if own else study.origin.error(Fault(key, what))
    if problem := _too_many_checks(stage.checks_every, scenario.tasks.records_per_task):
        what = f'stage {place + 1}: checks_every: {problem} (condition "{each.name}")'
        raise study.origin.error(Fault(("stage", place), what))
    scenario = read(check_sense=True)
    return Condition(each.name, letter, each.weight, scenario)


_NOT_IN_STUDIES = "track", "step"
_NOT_A_SCENARIOS = (*_PARTS, *_NOT_IN_STUDIES, "name", "texts", "expect")
_NOT_SET_APART = {
    **dict.fromkeys(_NOT_A_SCENARIOS, "it is the study's; a condition has settings of a scenario"),
    "dataset": "all conditions label the same records",
    "question": "all conditions ask the same question",
    "seed": "study.seed is that of all conditions",
}
"""By section: why a condition may not set it."""


def _defaults(parts: StudyParts, people: int, checks_every: int) -> dict[str, Any]:
    """Return what a study sets in place of a scenario's defaults: no one is sent home."""
    return {
        "seed": parts.study.seed,
        "texts": parts.study.texts,
        "pool.size": people,
        "pool.reserve": 0,
        "pool.start_with": 0.0,
        "pool.grace": parts.participants.grace,
        "maintenance.threshold": inf,
        "qualification.enabled": False,
        "requester.gold": 0,
        "quality.checks_every": checks_every,
    }


def _taken_over(scenario: Scenario, checks_every: int) -> Iterator[tuple[Key, str]]:
    """Yield settings of a scenario that a stage of the study has in their place."""
    if scenario.quality.gold_share > 0:
        yield ("quality", "gold_share"), "a study sets checks_every in its work stage"
    if scenario.quality.checks_every != checks_every:
        yield ("quality", "checks_every"), "a study sets it in its work stage"
    if scenario.qualification.enabled:
        yield ("qualification", "enabled"), "a study has a qualification stage"
    if scenario.requester.gold > 0:
        yield ("requester", "gold"), "a study has records for training, qualification and checks"


def _too_many_checks(every: int, size: int) -> str:
    """Return what is wrong with one check in so many records, asked in tasks of ``size``."""
    if every and size == 1:
        return (
            "a task of one record has no place for a check; set tasks.records_per_task to 2 or more"
        )
    if 0 < every < size:
        lower = ", or lower tasks.records_per_task" if every > 1 else ""
        return (
            f"{every} asks for more than one check in a task of {size} records; raise it to {size} "
            f"or more{lower}"
        )
    return ""


def _texts(stages: Sequence[StageConfig], base: Path, origin: Origin) -> Iterator[tuple[str, str]]:
    for number, stage in enumerate(stages):
        if isinstance(stage, ConsentStage | InstructionsStage | DebriefStage) and stage.file:
            try:
                yield stage.file, read_markdown(base / stage.file)
            except ScenarioError as error:
                raise origin.error(Fault(("stage", number, "file"), str(error))) from None


def _data_files(conditions: Iterable[Condition]) -> set[tuple[str, Key]]:
    """Return every file that is not a text of a stage, with the key that names it."""
    found: set[tuple[str, Key]] = set()
    for scenario in (each.scenario for each in conditions):
        keys = {scenario.crowd.trace: ("crowd", "trace"), scenario.texts: ("study", "texts")}
        found |= {(file, keys.get(file, ("dataset", "path"))) for file in scenario.files}
    return found


def _sentences(tables: Mapping[str, Any], scenario: Scenario, base: Path, origin: Origin) -> Texts:
    if "texts" in tables:
        raise origin.error(Fault(("texts",), "texts: a study names this file in study.texts"))
    try:
        return scenario_texts(scenario, base)
    except InputError as error:
        raise origin.error(Fault(("study", "texts"), f"study.texts: {error}")) from error


def _expectations(
    tables: Mapping[str, Any], parts: StudyParts, guests: Sequence[Guest], origin: Origin
) -> tuple[Expectation, ...]:
    found = msgspec.convert(tables.get("expect", []), tuple[Expectation, ...])
    if not found:
        return ()
    from clamshell_tui.study.metrics import resolve  # it imports the engine

    conditions, labels = [each.name for each in parts.condition], [each.label for each in guests]
    for number, each in enumerate(found):
        faults = expectation_faults(
            number, each, lambda text: resolve(text, conditions, labels).textual
        )
        for fault in faults:
            raise origin.error(fault)
    return found


def _digest(value: object) -> str:
    return sha256(msgspec.json.encode(value)).hexdigest()


def _digest_of(path: Path, key: Key, origin: Origin) -> str:
    """Return the SHA-256 of a file, or of the names and contents of the files in a folder."""
    try:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.is_file())
            named = [(str(each.relative_to(path)), each) for each in inside]
            return _digest([(name, _digest_of(each, key, origin)) for name, each in named])
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise origin.error(Fault(key, f"no such file: {show(str(path))}")) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise origin.error(Fault(key, f"cannot read {show(str(path))}: {reason}")) from error
