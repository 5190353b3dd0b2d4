"""A worker's conversation: joining, work, coming back, going."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clamshell_tui.coordinator.assemble import Options
from clamshell_tui.core.commands import PayKind
from clamshell_tui.core.events import (
    AssignmentSkipped,
    ClockSet,
    RecordsNoted,
    RecordsTimed,
    SeatTaken,
)
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.runfile.reader import open_run
from clamshell_tui.wire import VERSION
from clamshell_tui.wire.messages import Error, Hello, Notice, Welcome
from clamshell_tui.wire.requester_messages import NewRecord, Submit, Submitted
from clamshell_tui.wire.worker_messages import (
    Acknowledged,
    Answer,
    AssignmentStopped,
    Begin,
    Join,
    Joined,
    Leave,
    Occupied,
    Over,
    Qualification,
    Qualified,
    RecordDetail,
    Rejoin,
    Skip,
    Stay,
    TakeOver,
    TaskAssigned,
    TrainingAssigned,
    Wait,
)
from tests.coordinator.wire import (
    DEADLINE,
    PETS,
    Place,
    Talker,
    options_for,
    patient,
    running,
    story,
    until,
)


@story
async def test_a_worker_joins_labels_and_gets_a_statement(pets: Options) -> None:
    async with running(pets) as place:
        worker, joined = await place.join()
        assert (joined.worker, joined.classes, joined.title) == ("P001", ("cat", "dog"), "pets")
        assert (joined.micros_per_record, joined.begun) == (20_000, False)
        await worker.say(Begin())
        assert (await worker.hear_a(Wait)).state == "available"
        await place.submit("meow", "woof")
        first = await worker.hear_a(TaskAssigned)
        assert (first.records[0].text, first.records[0].truth) in {("meow", None), ("woof", None)}
        await worker.say(Answer(first.assignment, (0,)))
        done = await worker.hear_a(Acknowledged)
        assert (done.outcome, done.micros) == ("counted", 20_000)
        assert done.next is not None, "the next task comes with the acknowledgement"
        await worker.say(Answer(done.next.assignment, (1,)))
        assert (await worker.hear_a(Acknowledged)).next is None
        over = await worker.hear_a(Over)
        assert over.statement.records_micros == 40_000
        assert over.statement.tasks_completed == 2
        assert over.statement.total_micros == 40_000 + over.statement.waiting_micros


@story
async def test_of_the_waits_of_one_step_a_client_gets_the_last(pets: Options) -> None:
    async with running(pets) as place:
        worker = await place.worker()
        await worker.hear_until(Wait)
        (peer,) = place.coordinator.server.peers
        for seconds in (1.0, 2.0):
            place.run.send(peer, Wait("available", 1, 2, seconds))
        place.run.send(peer, Notice("ann: hello"))
        place.run.send(peer, Wait("available", 1, 2, 3.0))
        place.run.send(peer, Over("evicted", place.run.translator.statement(WorkerId("P9"), 0.0)))
        place.run.send_pending()
        assert (await worker.hear_a(Wait)).seconds == 2.0
        assert (await worker.hear_a(Notice)).text == "ann: hello"
        await worker.hear_a(Over)


@story
async def test_an_answer_that_comes_again_is_acknowledged_again_and_counts_once(
    pets: Options,
) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof", "purr")
        worker, task = await place.working()
        answer = Answer(task.assignment, (0,))
        first = await worker.ask(answer, Acknowledged)
        again = await worker.ask(answer, Acknowledged)
        assert (first.outcome, again.outcome) == ("counted", "repeated")
        assert (first.micros, again.micros) == (20_000, 20_000)
        other = await worker.ask(Answer(task.assignment, (1,)), Acknowledged)
        assert other.outcome == "conflict"
        assert len(place.run.label_log) == 1
        assert place.run.engine.state.ledger.totals[PayKind.RECORDS] == 20_000


@story
async def test_times_of_records_are_journalled_once_in_the_runs_time(tmp_path: Path) -> None:
    options = options_for(tmp_path, PETS, speed=2.0)
    async with running(options) as place:
        await place.submit("meow")
        worker, task = await place.working()
        sent = Answer(task.assignment, (0,), (RecordDetail(0.0005, 1e9, changes=2),))
        await worker.ask(sent, Acknowledged)
        await worker.say(sent)
    with open_run(options.db) as file:
        (times,) = [each for _, each in file.events() if isinstance(each, RecordsTimed)]
        (assignment,) = file.tables().assignments.values()
    assert times.changes == (2,)
    assert assignment.started_at <= times.shown[0] <= assignment.started_at + 0.002
    assert times.answered == (assignment.ended_at,), "never after the answer itself"


@story
async def test_a_skipped_record_goes_to_another_worker_and_the_reason_is_journalled(
    tmp_path: Path,
) -> None:
    options = options_for(tmp_path, PETS.replace("records_per_task = 1", "records_per_task = 2"))
    async with running(options) as place:
        await place.submit("meow", "woof")
        worker, task = await place.working()
        other, _ = await place.join()
        await other.ask(Begin(), Wait)
        details = (
            RecordDetail(0.0, 1.0, flagged=True),
            RecordDetail(1.0, 2.0, reason="blurred", comment="no picture at all"),
        )
        done = await worker.ask(Answer(task.assignment, (0, None), details), Acknowledged)
        assert (done.outcome, done.next) == ("counted", None)
        assert 20_000 < done.micros < 40_000
        alone = await other.hear_until(TaskAssigned)
        assert [each.id for each in alone.records] == [task.records[1].id]
        await other.ask(Answer(alone.assignment, (1,)), Acknowledged)
    with open_run(options.db) as file:
        (noted,) = [each for _, each in file.events() if isinstance(each, RecordsNoted)]
        rows = [(row.record, row.label) for row in file.tables().answers]
    first, second = (["meow", "woof"].index(each.id) for each in task.records)
    assert [(note.what, note.record, note.text) for note in noted.notes] == [
        ("flag", first, ""),
        ("skip", second, "blurred"),
        ("comment", second, "no picture at all"),
    ]
    assert rows == [(first, "cat"), (second, "dog")]


@story
async def test_an_answer_without_any_label_is_refused(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        worker, task = await place.working()
        error = await worker.ask(Answer(task.assignment, (None,)), Error)
        assert (error.code, error.fatal) == ("label", False)
        assert "send skip" in error.message


@story
async def test_the_reasons_of_a_task_given_back_are_journalled(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof")
        worker, task = await place.working()
        details = (RecordDetail(0.0, 1.0, reason="blurred"),)
        await worker.ask(Skip(task.assignment, "blurred", details=details), AssignmentStopped)
    with open_run(pets.db) as file:
        kinds = [type(each) for _, each in file.events()]
    assert kinds.index(RecordsTimed) == kinds.index(AssignmentSkipped) + 1
    assert kinds.index(RecordsNoted) == kinds.index(AssignmentSkipped) + 2


@story
async def test_the_journal_knows_the_date_and_the_way_of_each_worker(tmp_path: Path) -> None:
    options = options_for(tmp_path, PETS, speed=3.0)
    began = datetime.now(UTC).timestamp()  # noqa: TID251  # what the journal is compared with
    async with running(options) as place:
        await place.submit("meow")
        await place.working()
    async with running(options):
        pass
    with open_run(options.db) as file:
        events = list(file.events())
    clocks = [(at, each) for at, each in events if isinstance(each, ClockSet)]
    (seat,) = [each for _, each in events if isinstance(each, SeatTaken)]
    assert len(clocks) == 2, "once for each start"
    assert all(began - 0.01 < each.utc < began + DEADLINE for _, each in clocks)
    assert {each.speed for _, each in clocks} == {3.0}
    assert (seat.worker, seat.via) == ("P001", "terminal")


@story
async def test_details_must_match_the_labels(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        worker, task = await place.working()
        details = (RecordDetail(0.0, 1.0),) * 2
        error = await worker.ask(Answer(task.assignment, (0,), details), Error)
        assert (error.code, error.fatal) == ("label", False)


@story
async def test_a_code_leads_back_to_its_seat_however_it_is_written(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        code = place.code()
        first = await place.connect()
        joined = await first.ask(Join(code.lower().replace("-", "").replace("0", "o")), Joined)
        await first.say(Begin())
        task = await first.hear_until(TaskAssigned)
        await first.socket.close()
        async with await place.connect() as second:  # on another machine, without the token
            again = await second.ask(Join(code), Joined)
            assert (again.worker, again.begun) == (joined.worker, True)
            assert (await second.hear_a(TaskAssigned)).assignment == task.assignment
            assert again.token != joined.token
        async with await place.connect() as old:
            assert (await old.ask(Rejoin(joined.token), Error)).code == "replaced"


@story
async def test_a_person_at_the_seat_may_object_and_the_operator_is_told(pets: Options) -> None:
    async with running(pets) as place, await place.staff("operator") as operator:
        code = place.code()
        person, newcomer = await place.connect(), await place.connect()
        joined = await person.ask(Join(code), Joined)
        assert 0.0 < (await newcomer.ask(Join(code), Occupied)).seconds <= 10.0
        assert 0.0 < (await person.hear_a(TakeOver)).seconds <= 10.0
        await person.say(Stay())
        assert (await newcomer.hear_a(Error)).code == "in-use"
        assert joined.worker in (await operator.hear_until(Notice)).text
        async with await place.connect() as pushing:  # the person is not asked again and again
            assert (await pushing.ask(Join(code), Error)).code == "in-use"
        await person.ask(Begin(), Wait)


@story
async def test_without_an_objection_the_newcomer_gets_the_seat_and_its_task(pets: Options) -> None:
    limits = patient(objection=0.3)
    async with running(options_for(pets.base, limits=limits)) as place:
        await place.submit("meow")
        code = place.code()
        person, newcomer, third = [await place.connect() for _ in range(3)]
        await person.ask(Join(code), Joined)
        await person.say(Begin())
        task = await person.hear_until(TaskAssigned)
        await newcomer.ask(Join(code), Occupied)
        await third.ask(Join(code), Occupied)
        assert (await newcomer.hear_a(Error)).code == "in-use", "the third was later"
        await third.hear_a(Joined)
        assert (await third.hear_a(TaskAssigned)).assignment == task.assignment
        assert (await person.hear_until(Error)).code == "replaced"


@story
async def test_a_dead_connection_is_replaced_immediately(pets: Options) -> None:
    limits = patient(heartbeat=0.1)
    async with running(options_for(pets.base, limits=limits)) as place:
        code = place.code()
        silent = await place.connect()
        await silent.ask(Join(code), Joined)
        server = place.coordinator.server
        since = server.now()
        await until(lambda: server.now() > since + 0.3)
        async with await place.connect() as newcomer:
            await newcomer.say(Join(code))
            await newcomer.hear_a(Joined)


@story
async def test_a_newcomer_that_gives_up_is_taken_back_and_one_that_waits_gets_a_free_seat(
    pets: Options,
) -> None:
    async with running(pets) as place:
        code = place.code()
        person = await place.connect()
        await person.ask(Join(code), Joined)
        async with await place.connect() as hasty:
            await hasty.ask(Join(code), Occupied)
            assert (await person.hear_a(TakeOver)).seconds > 0.0
        assert (await person.hear_a(TakeOver)).seconds == 0.0
        waiting = await place.connect()
        await waiting.ask(Join(code), Occupied)
        await person.hear_a(TakeOver)
        await person.socket.close()
        await waiting.hear_a(Joined)


@story
async def test_who_comes_when_all_seats_are_taken_may_come_again_with_the_same_code(
    pets: Options,
) -> None:
    async with running(pets) as place:
        for _ in range(2):
            await place.worker()
        last, _ = await place.join()  # only reads the instructions, but holds the last place
        code = place.code("bot")
        async with await place.connect() as late:
            assert (await late.ask(Join(code), Error)).code == "full"
        await last.ask(Leave(), Over)
        await last.socket.close()
        async with await place.connect() as late:
            assert (await late.ask(Join(code), Joined)).worker == "P004"


@story
async def test_only_bots_are_told_the_truth(pets: Options) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        records = (NewRecord("1", text="meow", truth="cat"), NewRecord("2", text="m", truth="cat"))
        await requester.ask(Submit(records), Submitted)
        _, of_person = await place.working("seat")
        _, of_bot = await place.working("bot")
        assert of_person.records[0].truth is None
        assert of_bot.records[0].truth == 0


@story
async def test_a_worker_qualifies_on_gold_and_is_told_the_right_answers(pets: Options) -> None:
    async with running(pets) as place, await place.staff("requester") as requester:
        gold = (NewRecord("1", text="meow", gold="cat"), NewRecord("2", text="woof", gold="dog"))
        await requester.ask(Submit((*gold, NewRecord("3", text="grr"))), Submitted)
        worker = await place.worker()
        train = await worker.hear_a(TrainingAssigned)
        right = tuple(0 if record.text == "meow" else 1 for record in train.records)
        await worker.say(Qualification(right))
        result = await worker.hear_a(Qualified)
        assert (result.passed, result.correct, result.asked, result.right) == (True, 2, 2, right)
        assert isinstance(await worker.hear(), Wait | TaskAssigned)

        failing = await place.worker()
        train = await failing.hear_a(TrainingAssigned)
        wrong = tuple(1 if record.text == "meow" else 0 for record in train.records)
        await failing.say(Qualification(wrong))
        assert not (await failing.hear_a(Qualified)).passed
        over = await failing.hear_a(Over)
        assert over.reason == "did not qualify"
        assert over.statement.total_micros == over.statement.training_micros > 0


@pytest.mark.parametrize("labels", [(2,), (0, 1), ()])
@story
async def test_labels_that_were_not_asked_for_are_refused_and_the_task_is_kept(
    pets: Options, labels: tuple[int, ...]
) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        worker, task = await place.working()
        before = place.digest
        error = await worker.ask(Answer(task.assignment, labels), Error)
        assert (error.code, error.fatal, place.digest) == ("label", False, before)
        done = await worker.ask(Answer(task.assignment, (0,)), Acknowledged)
        assert done.outcome == "counted"


@story
async def test_somebody_elses_assignment_cannot_be_answered_or_skipped(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow", "woof")
        _, mine = await place.working()
        thief, _ = await place.working()
        before = place.digest
        for key in (mine.assignment, "00" * 16 + "0", "nonsense", "-" * 64):
            for attempt in (Answer(key, (0,)), Skip(key)):
                error = await thief.ask(attempt, Error)
                assert (error.code, error.fatal) == ("request", False)
        assert place.digest == before


@story
async def test_a_skipped_task_goes_to_somebody_else(pets: Options) -> None:
    async with running(pets) as place:
        first, second = await place.worker(), await place.worker()
        await second.hear_a(Wait)
        await place.submit("meow")
        task = await first.hear_until(TaskAssigned)
        stop = await first.ask(Skip(task.assignment, "illegible"), AssignmentStopped)
        assert (stop.reason, stop.assignment) == ("skipped", task.assignment)
        assert (await first.ask(Skip(task.assignment), AssignmentStopped)).reason == "skipped"
        theirs = await second.hear_until(TaskAssigned)
        assert (theirs.records, theirs.assignment != task.assignment) == (task.records, True)


async def in_terminal(place: Place, encoding: str) -> Talker:
    talker = Talker(await place.dial())
    await talker.say(Hello(VERSION, "worker", "test/1", encoding))
    await talker.hear_a(Welcome)
    return talker


@story
async def test_a_record_that_a_terminal_cannot_show_is_given_back_to_who_can_see_it(
    pets: Options,
) -> None:
    async with running(pets) as place:
        first = await in_terminal(place, "US-ASCII")
        joined = await first.ask(Join(place.code()), Joined)
        await first.ask(Begin(), Wait)
        second = await place.worker()
        await second.hear_a(Wait)
        await place.submit("\u0645\u0631\u062d\u0628\u0627", "meow", last=False)
        tasks = {
            "first": await first.hear_until(TaskAssigned),
            "second": await second.hear_until(TaskAssigned),
        }
        arabic = next(name for name, task in tasks.items() if not task.records[0].text.isascii())  # type: ignore[union-attr]
        if arabic == "second":
            await second.say(Skip(tasks["second"].assignment))
            tasks["first"] = await first.hear_until(TaskAssigned)
        unseen = tasks["first"]
        assert (
            await first.ask(Skip(unseen.assignment, unseen=True), AssignmentStopped)
        ).reason == "withdrawn"
        await place.turn()
        worker = place.engine_worker(joined)
        assert (worker.not_shown, worker.skipped) == (1, 0)


@story
async def test_known_answers_that_came_over_the_wire_must_be_shown_too(pets: Options) -> None:
    async with running(pets) as place:
        async with await place.staff("requester") as requester:
            records = (NewRecord("g", text="\u0436", gold="cat"), NewRecord("r", text="\u0439"))
            await requester.ask(Submit(records), Submitted)
        refusal = await (await in_terminal(place, "ascii")).ask(Join(place.code()), Error)
        assert (refusal.code, "U+0436" in refusal.message) == ("terminal", True)


@story
async def test_a_worker_who_claims_to_see_nothing_has_skipped(pets: Options) -> None:
    async with running(pets) as place:
        first = await in_terminal(place, "US-ASCII")
        joined = await first.ask(Join(place.code()), Joined)
        await first.say(Begin())
        await place.submit("meow", last=False)
        task = await first.hear_until(TaskAssigned)
        assert (
            await first.ask(Skip(task.assignment, unseen=True), AssignmentStopped)
        ).reason == "skipped"
        worker = place.engine_worker(joined)
        assert (worker.not_shown, worker.skipped) == (0, 1)


REVIEWS = PETS.replace(
    'kind = "wire", classes = ["cat", "dog"]',
    'kind = "csv", path = "r.csv", text = "text", label = "label"',
)


@story
async def test_a_terminal_that_cannot_show_the_loaded_records_is_refused_and_burns_no_code(
    tmp_path: Path,
) -> None:
    lines = [f"{n},caf\u00e9 {n},{'good' if n % 2 else 'bad'}" for n in range(40)]
    (tmp_path / "r.csv").write_text("\n".join(["id,text,label", *lines]), encoding="utf-8")
    shows = {"utf-8": True, "ascii": False, "ISO-8859-1": True, "koi8-r": False, "zip": False}
    reviews = REVIEWS.replace("reserve = 1", "reserve = 9")
    options = options_for(tmp_path, reviews, seats=len(shows))
    async with running(options) as place:
        for encoding, welcome in shows.items():
            code = place.code()
            talker = await in_terminal(place, encoding)
            if not welcome:
                refusal = await talker.ask(Join(code), Error)
                assert (refusal.code, refusal.fatal) == ("terminal", True)
                assert "U+00E9 LATIN SMALL LETTER E WITH ACUTE" in refusal.message
                assert refusal.message.isascii()
                talker = await place.connect()
            joined = await talker.ask(Join(code), Joined)
            back = await in_terminal(place, encoding)
            again = await back.ask(Rejoin(joined.token), Joined if welcome else Error)
            assert isinstance(again, Joined) == welcome, encoding


@story
async def test_a_duplicates_answer_stops_the_straggler_whose_answer_is_then_late(
    pets: Options,
) -> None:
    text = PETS.replace("mitigation.enabled = false", "mitigation.enabled = true")
    async with running(options_for(pets.base, text)) as place:
        await place.submit("meow")
        slow, task = await place.working()
        quick, copy = await place.working()
        await quick.ask(Answer(copy.assignment, (1,)), Acknowledged)
        stop = await slow.hear_until(AssignmentStopped)
        assert (stop.reason, stop.micros) == ("finished-by-another", 20_000)
        late = await slow.ask(Answer(task.assignment, (0,)), Acknowledged)
        assert (late.outcome, late.micros) == ("late", 20_000)  # all that is paid for it
        assert [label.label for label in place.run.label_log.since(0, 9)] == ["dog"]


@story
async def test_who_comes_back_with_the_token_finds_the_same_task(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        worker, joined = await place.join()
        await worker.say(Begin())
        task = await worker.hear_until(TaskAssigned)
        await worker.socket.close()
        async with await place.connect() as returned:
            again = await returned.ask(Rejoin(joined.token), Joined)
            assert (again.worker, again.begun, again.token) == ("P001", True, joined.token)
            offered = await returned.hear_a(TaskAssigned)
            assert (offered.assignment, offered.records) == (task.assignment, task.records)
            done = await returned.ask(Answer(task.assignment, (0,)), Acknowledged)
            assert done.outcome == "counted"


@story
async def test_of_two_connections_of_one_worker_the_newer_one_counts(pets: Options) -> None:
    async with running(pets) as place:
        await place.submit("meow")
        old, joined = await place.join()
        await old.say(Begin())
        task = await old.hear_until(TaskAssigned)
        new = await place.connect()
        await new.ask(Rejoin(joined.token), Joined)
        error = await old.hear_until(Error)
        assert (error.code, error.fatal) == ("replaced", True)
        await old.socket.wait_closed()
        assert (await new.hear_a(TaskAssigned)).assignment == task.assignment
        assert place.engine_worker(joined).connected
