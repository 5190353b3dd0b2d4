"""Scenario files are read strictly, and every refusal says what to write instead."""

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect

from clamshell_tui.core.config import RunConfig
from clamshell_tui.datasets.config import CsvConfig, DigitsConfig, GeneratedConfig
from clamshell_tui.errors import ScenarioError
from clamshell_tui.scenario.config import Scenario
from clamshell_tui.scenario.load import as_toml, load_scenario, parse_scenario

Refused = Callable[..., str]


def test_an_empty_file_is_the_default_scenario_named_after_the_file(tmp_path: Path) -> None:
    (tmp_path / "plain.toml").write_text("")
    assert load_scenario(tmp_path / "plain.toml") == Scenario(name="plain")


def test_the_engine_gets_every_section_and_the_classes_of_the_dataset(
    scenario: Callable[..., Scenario],
) -> None:
    config = scenario().run_config(("cat", "dog"))
    assert config.classes == ("cat", "dog")
    assert (config.seed, config.pool.size, config.stop.labels) == (3, 4, 45)
    missing = set(RunConfig.__struct_fields__) - set(Scenario.__struct_fields__)
    assert missing == {"classes"}


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbfseed = 9\n")
    assert load_scenario(tmp_path / "bom.toml").seed == 9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[pool]\nsise = 3\n", 'bad.toml line 2: unknown key "sise" in [pool] (did you mean'),
        (
            "[pool]\npool_size = 3\n",
            'line 2: unknown key "pool_size" in [pool] (did you mean "size"?)',
        ),
        ("pool_sise = 3\n", 'line 1: unknown key "pool_sise" (did you mean "pool.size"?)'),
        ("[crowd]\nrouting = 3\n", '(did you mean "straggler_mitigation.routing"?)'),
        ("[pol]\nsize = 3\n", 'line 1: unknown key "pol" (did you mean "pool"?)'),
        ('[pay]\nper_minute = "0.05$"\n', 'pay.per_minute: "0.05$" is not an amount; write 0.05'),
        ('[pay]\nper_record = "$2"\n', '"$2" is not an amount; write 2'),
        ('[pay]\nper_record = "2 cents"\n', '"2 cents" is not an amount; write 0.02'),
        ('[tasks]\nlease = "5 min"\n', '"5 min" is not a number; write 300'),
        ('[stop]\naccuracy = "95%"\n', '"95%" is not a number; write 0.95'),
        ('[pool]\nsize = "2 h"\n', '"2 h" is not a whole number; write a whole number from 1'),
        ('[tasks]\nlease = "2 weeks"\n', '"2 weeks" is not a number; write a number above 0'),
        ("[pay]\ntip = 3\n", 'unknown key "tip" in [pay]; known: per_minute, per_record, '),
        ('[dataset]\nkind = "csv"\npath = "a"\nskip_rows = 1\n', "; known: path, id, text, "),
        ('[pool]\nsize = "8"\n', 'line 2: pool.size: "8" is not a whole number; write 8'),
        ("[pool]\nsize = 2.5\n", "pool.size: 2.5 is not a whole number; write 2"),
        ("[pool]\nsize = 0\n", "pool.size: 0 is out of range; write a whole number from 1 to 10,0"),
        ("[pool]\nsize = -1\n", "-1 is out of range"),
        ("[tasks]\nvotes = true\n", "true is not a whole number"),
        ("[pool]\nstart_with = nan\n", "nan is out of range; write a number from 0 to 1"),
        ("[pay]\nper_minute = inf\n", "inf is out of range; write a number from 0 to 1,000"),
        ("[maintenance]\nthreshold = 0\n", 'write a number above 0 or "auto"'),
        ('[maintenance]\nthreshold = "8s"\n', '"8s" is not a number; write 8 or "auto"'),
        ('[learning]\nenabled = "yes"\n', '"yes" is not true or false; write true without quotes'),
        ("[learning]\nselector = 3\n", 'learning.selector: 3 is not text; write "3"'),
        ('[pay]\nterminated = "ful"\n', 'not one of full, prorated (did you mean "full"?)'),
        ('[dataset]\nkind = "digit"\n', 'unknown kind "digit" (did you mean "digits"?); known:'),
        ("[dataset]\nrecords = 3\n", '[dataset] needs a key "kind"; one of digits, generated, csv'),
        ('[dataset]\nkind = "csv"\n', '[dataset] needs a key "path"'),
        ('[dataset]\nkind = "csv"\npath = 3\n', "dataset.path: 3 is not text"),
        ("pool = 3\n", "pool: 3 is not a table of keys"),
        ("[crowd]\nworker = 3\n", "crowd.worker: 3 is not a list"),
        ("[crowd.worker]\nmean = 3\n", "a table is not a list; write [[crowd.worker]]"),
        ("[[crowd.worker]]\n[[crowd.worker]]\nmaen = 3\n", "line 3: unknown key "),
        ('[[crowd.worker]]\nmean = "3"\n', 'crowd.worker 1.mean: "3" is not a number; write 3'),
        ("[[crowd.script]]\nat = 3\n", '[crowd.script 1] needs a key "worker"'),
        ('[[crowd.script]]\nat=3\nworker="Bob"\ndo="leave"\n', '"Bob" does not look like ^(W[1-9]'),
        ("[crowd.behaviours]\nspammer = 2\n", "crowd.behaviours.spammer: 2 is out of range"),
        ("seed = -1\n", "seed: -1 is out of range"),
        (f"seed = {'9' * 400}\n", "seed: 9999"),
        (f"seed = {'9' * 5000}\n", "line 1: not TOML: Exceeds the limit"),
        ('name = "a\\u001b[31m\\n"\nsede = 1\n', 'unknown key "sede" (did you mean "seed"?)'),
        ('"\\u001b[31m" = 1\n', 'unknown key "\ufffd[31m"'),
        ("seed = 1\nseed = 2\n", "line 2: not TOML: Cannot overwrite a value"),
        ("[pool\nsize = 3\n", "line 1: not TOML: Expected"),
        ("[pool]\nsize =", "line 2: not TOML"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_its_line_and_a_cure(
    refused: Refused, text: str, expected: str
) -> None:
    message = refused(text)
    assert message.startswith("bad.toml")
    assert expected in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[tasks]\nbatching = "bar"\n', 'tasks.batching: unknown batching "bar"'),
        (
            '[straggler_mitigation]\nrouting = "fewst-active"\n',
            'line 2: straggler_mitigation.routing: unknown routing "fewst-active" '
            '(did you mean "fewest-active"?); known: fewest-active, random, longest-running, orac',
        ),
        ('[maintenance]\nobjective = "speed"\n', 'unknown objective "speed"'),
        ('[maintenance]\nlatency_estimator = "termset"\n', '(did you mean "termest"?)'),
        ('[quality]\nconsensus = "majorty"\n', '(did you mean "majority"?)'),
        ('[learning]\nselector = "hybird"\n', '(did you mean "hybrid"?)'),
        ('[learning]\nuncertainty = "entropie"\n', '(did you mean "entropy"?)'),
        ('[learning]\nestimator = "SVC"\n', '(did you mean "sklearn.svm.SVC"?)'),
        ('[learning]\nestimator = "os.system"\n', 'unknown estimator "os.system"; known: sklearn.'),
        ('[crowd]\npopulation = "mtruk"\n', '(did you mean "mturk"?); known: '),
        ("[crowd.behaviours]\nspamer = 0.1\n", '(did you mean "spammer"?)'),
    ],
)
def test_an_unknown_policy_is_refused_with_the_known_ones(
    refused: Refused, text: str, expected: str
) -> None:
    assert expected in refused(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[tasks]\nvotes = 5\n[pool]\nsize = 3\n",
            "bad.toml line 2: tasks.votes: 5 needs a pool of at least 5 (pool.size: 3)",
        ),
        ("[tasks]\nlease = 20\n[maintenance]\nthreshold = 9\n", "is longer than the lease allows"),
        ("[stop]\naccuracy = 0.9\n[learning]\nenabled = false\n", "stop.accuracy: needs a model"),
        ('[requester]\nmode = "stream"\n', "requester.per_minute: a stream needs a rate"),
        ("[requester]\nper_minute = 3\n", 'only for a stream; set requester.mode = "stream"'),
        ("[requester]\ncycle = 60\n", 'only for a stream; set requester.mode = "stream"'),
        ("[pool]\nautoscale = true\nsize = 2\n", "pool.smallest: 3 slots are more than pool.size"),
        ("[requester]\ngold = 3\n", "qualification.records: 10 needs as many gold records"),
        ("[requester]\nrecords = 20\n", "requester.gold: 20 of 20 records leaves none to label"),
        ("[learning]\nholdout = 1.0\n", "learning.holdout: 1 leaves nothing to label"),
        (
            "[requester]\ngold = 0\n[qualification]\nenabled = false\n[quality]\ngold_share=0.1\n",
            "quality.gold_share: needs gold records",
        ),
        ('[maintenance]\nobjective = "quality"\n', "has nothing to judge workers by"),
        ('[maintenance]\nobjective = "speed-quality"\n', "has nothing to judge workers by"),
        ("[crowd.behaviours]\nspammer = 0.7\nquitter = 0.7\n", "the shares sum to 1.4"),
        ('[crowd]\npopulation = "trace"\n', "needs the path of a CSV file"),
        (
            "[crowd.custom]\nconfusion = [[1.0, 0.0], [0.0, 1.0]]\n",
            "2 rows, but there are 10 classes",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    refused: Refused, text: str, expected: str
) -> None:
    assert expected in refused(text)


def test_a_confusion_matrix_waits_for_the_file_that_names_the_classes() -> None:
    text = '[dataset]\nkind = "csv"\npath = "x.csv"\n[crowd.custom]\nconfusion = [[1.0]]\n'
    assert parse_scenario(text, "x").crowd.custom.confusion == ((1.0,),)


# Files


def test_a_missing_file_a_directory_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"no such file: .*x\.toml"):
        load_scenario(tmp_path / "x.toml")
    with pytest.raises(ScenarioError, match="is a directory, not a scenario"):
        load_scenario(tmp_path)
    (tmp_path / "huge.toml").write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(ScenarioError, match="larger than 1 MiB"):
        load_scenario(tmp_path / "huge.toml")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'seed = 1\nname = "caf\xe9"\n', "bad.toml: not UTF-8 at line 2. Convert it"),
        ("seed = 1\n".encode("utf-16"), "not UTF-8 at line 1 (looks like UTF-16)"),
        (b"seed = 1\n\0", "not TOML"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, raw: bytes, expected: str) -> None:
    (tmp_path / "bad.toml").write_bytes(raw)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path / "bad.toml")
    assert expected in str(caught.value)


# Overrides


def test_overrides_are_toml_values_and_bare_words_are_text(
    scenario: Callable[..., Scenario],
) -> None:
    changed = scenario(
        "straggler_mitigation.enabled=false",
        "pool.size = 20",
        "maintenance.threshold=inf",
        "straggler_mitigation.routing=longest-running",
        'name="two words"',
        "crowd.behaviours.spammer=0.1",
    )
    assert changed.straggler_mitigation.enabled is False
    assert changed.pool.size == 20
    assert changed.maintenance.threshold == math.inf
    assert changed.straggler_mitigation.routing == "longest-running"
    assert changed.name == "two words"
    assert changed.crowd.behaviours == {"spammer": 0.1}
    assert changed.pool.reserve == 1


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("pool.sise=3", 'setting pool.sise=3: unknown key "sise" in [pool] (did you mean "size"?)'),
        ("pool.size=0", "setting pool.size=0: pool.size: 0 is out of range"),
        ("tasks.votes=9", "setting tasks.votes=9: tasks.votes: 9 needs a pool of at least 9"),
        ("learning.selector=hybird", '(did you mean "hybrid"?)'),
        ("pool.size", '"pool.size" is not a setting. Write KEY=VALUE, such as pool.size=20'),
        ("=3", "is not a setting"),
        ("pool size=3", "is not a setting"),
        ("name=two words", 'not a TOML value; write a number, true, or "text"'),
        ("seed=1\npool.size=9", "write one value"),
        ("seed.x.y=1", "setting seed.x.y=1: seed is not a table of keys"),
        ("pool.size=\x1b[31m", "setting pool.size=\ufffd[31m: not a TOML value"),
    ],
)
def test_a_wrong_override_is_named(refused: Refused, override: str, expected: str) -> None:
    assert expected in refused("seed = 1\n[pool]\nsize = 5\n", [override])


# Writing and loading again


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(name='quo"ted \\ \x7f \t \n é', dataset=GeneratedConfig(classes=3)),
        Scenario(dataset=CsvConfig(path="x.csv", text=("a", "b"), classes=("no", "yes"))),
        parse_scenario(
            "[maintenance]\nthreshold = inf\n[learning.parameters]\nC = 0.5\n"
            '"odd key" = 1e300\n'
            "[[crowd.worker]]\nmean = 3\n[[crowd.worker]]\ncount = 2\n[crowd.recruitment]\n"
            "[crowd.behaviours]\nspammer = 0.25\n[dataset]\nkind = 'generated'\n"
            "[crowd.custom]\nconfusion = [[0.5, 0.5], [0, 1]]\n",
            "x",
        ),
    ],
)
def test_a_scenario_written_as_toml_loads_as_the_same_scenario(scenario: Scenario) -> None:
    assert parse_scenario(as_toml(scenario), "again") == scenario


# Promises


def _keys(struct: inspect.StructType, prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for field in struct.fields:
        found.append((prefix, field.encode_name))
        if isinstance(field.type, inspect.StructType):
            found += _keys(field.type, f"{prefix}{field.encode_name}.")
    return found


def test_nine_of_ten_mistyped_keys_get_the_right_suggestion() -> None:
    described = inspect.type_info(Scenario)
    assert isinstance(described, inspect.StructType)
    keys = _keys(described)
    right = 0
    for prefix, key in keys:
        middle = len(key) // 2
        typo = key[:middle] + key[middle + 1 :] + ("" if len(key) > 3 else "s")
        with pytest.raises(ScenarioError) as caught:
            parse_scenario("", "typos", [f"{prefix}{typo}=1"])
        right += f'(did you mean "{key}"?)' in str(caught.value)
    assert len(keys) > 80
    assert right >= 0.9 * len(keys)


def test_no_value_reaches_msgspec_that_it_would_refuse(
    scenario: Callable[..., Scenario],
) -> None:
    """Every default is accepted by our own checks, so the two agree about what a value may be."""
    plain = msgspec.to_builtins(scenario())
    assert parse_scenario(as_toml(scenario()), "defaults") == msgspec.convert(plain, Scenario)
    assert isinstance(Scenario().dataset, DigitsConfig)


def test_loading_imports_neither_numpy_nor_scikit_learn(tiny: Path) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from clamshell_tui.scenario.load import load_scenario; "
        f"load_scenario(Path({str(tiny)!r})); "
        "print(sorted({'numpy', 'scipy', 'sklearn', 'sqlite3', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_empty_key_is_unknown_like_any_other(refused: Refused) -> None:
    assert 'unknown key ""' in refused('"" = 1\n')


# -- ratings ------------------------------------------------------------------------------------

RATING = """
[dataset]
kind = "csv"
path = "reviews.csv"
text = "review"
label = "stars"
[question]
kind = "rating"
ask = "How good is it?"
steps = 5
low = "bad"
high = "good"
"""


def test_a_rating_has_its_steps_as_classes_and_the_median_as_label() -> None:
    scenario = parse_scenario(RATING, "s.toml")
    assert scenario.dataset == CsvConfig(
        path="reviews.csv", text="review", label="stars", classes=("1", "2", "3", "4", "5")
    )
    assert scenario.quality.consensus == "median"
    assert parse_scenario(as_toml(scenario), "again.toml") == scenario


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("question.classes=['a', 'b']", "a rating has steps"),
        ("question.kind=choice", "only for a scale"),
        ("quality={confidence=0.9,consensus='median'}", "votes to ask for|knows no scale"),
        ("dataset.classes=['1', '2']", "names other classes"),
        ("dataset={kind = 'digits'}", "have classes of their own"),
        ("question.steps=12", "question.steps"),
    ],
)
def test_a_scale_that_contradicts_other_settings_is_refused(change: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(RATING, "s.toml", [change])
