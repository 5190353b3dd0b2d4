"""What the export takes from the journal: a message that came again counts once."""

from pathlib import Path

import msgspec

from clamshell_tui.report.study_history import StudyHistory, history_of, stage_names
from clamshell_tui.study import events as e
from clamshell_tui.study.reader import Entry, StudyRun, decode_event
from tests.study.helpers import CONSENT, SHA, TRAINED, TRAINING, StudyBench, plan_with
from tests.study.kept_study import META


def history(bench: StudyBench) -> StudyHistory:
    entries = tuple(
        Entry(number, at, decode_event(body)) for number, (at, body) in enumerate(bench.journal, 1)
    )
    meta = msgspec.structs.replace(META, plan=bench.itinerary.plan)
    return history_of(StudyRun(Path(), meta, bench.itinerary, entries, (), ()))


def test_a_decision_counts_where_it_was_asked_for() -> None:
    bench = StudyBench(plan_with())
    bench.to_stage(CONSENT, "L1", "L2")
    bench.do(e.Declined("L1", SHA))
    bench.do(e.Consented("L2", SHA))
    decided = bench.now
    bench.wait(5.0)
    bench.ignored(e.Consented("L1", SHA))
    bench.ignored(e.Declined("L2", SHA))
    found = {label: each[:2] for label, each in history(bench).decisions.items()}
    assert found["L1"][0] == "declined"
    assert found["L2"] == ("consented", decided)
    bench.do(e.Readmitted("L1", "op"))
    bench.do(e.Consented("L1", SHA))
    assert history(bench).decisions["L1"].decision == "consented"


def test_each_attempt_at_a_record_counts_once() -> None:
    bench = StudyBench(plan_with())
    bench.to_stage(TRAINING, "L1")
    record, answer = TRAINED[0].record, TRAINED[0].answer
    bench.do(e.RecordTried("L1", TRAINING, record, 1 - answer, 2.0))
    bench.do(e.RecordTried("L1", TRAINING, record, answer, 1.0))
    bench.ignored(e.RecordTried("L1", TRAINING, record, answer, 1.0))
    found = [(each.position, each.label) for each in history(bench).attempts]
    assert found == [(1, 1 - answer), (2, answer)]


def test_stages_of_a_kind_are_numbered() -> None:
    plan = META.plan
    twice = msgspec.structs.replace(plan, stages=(*plan.stages[:-1], *plan.stages[-2:]))
    assert stage_names(twice)[-2:] == (f"{twice.stages[-2].kind}-2", "debrief")
