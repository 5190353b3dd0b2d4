"""Seats and answers on disk: private, whole, and there after a kill."""

import json
import os
import stat
from pathlib import Path

import pytest

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.wire.invitation import JoinString
from clamshell_tui.wire.worker_messages import Answer
from worker_client.outbox import SeatKey, SeatStore

JOIN = JoinString("127.0.0.1", 7777, "K7QM-2F9X")
SEAT = SeatKey("127.0.0.1", 7777, "", "K7QM-2F9X", "quickstart", "P001", "t" * 43)


def test_what_was_kept_is_there_for_the_next_client(store: SeatStore) -> None:
    folder = store.at(JOIN)
    folder.keep(SEAT)
    folder.remember(Answer("a1", (0, 1)))
    folder.remember(Answer("a2", (1, 1)))
    folder.forget("a1")
    assert store.at(JOIN).load() == (SEAT, {"a2": Answer("a2", (1, 1))})


def test_an_answer_and_its_name_are_on_the_disk_before_remember_returns(
    store: SeatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store.at(JOIN)
    folder.keep(SEAT)
    done: list[tuple[str, str]] = []
    sync, rename = os.fsync, Path.replace

    def watched_sync(descriptor: int) -> None:
        sync(descriptor)
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        done.append(("synced", name.name))

    def watched_rename(old: Path, new: Path) -> Path:
        done.append(("renamed to", new.name))
        return rename(old, new)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(Path, "replace", watched_rename)
    folder.remember(Answer("a1", (0, 1)))
    assert done == [
        ("synced", "outbox.json.new"),
        ("renamed to", "outbox.json"),
        ("synced", folder.folder.name),
    ]


def test_the_last_acknowledgement_takes_the_file_with_it(store: SeatStore) -> None:
    folder = store.at(JOIN)
    folder.keep(SEAT)
    folder.remember(Answer("a1", (0,)))
    folder.remember(Answer("a2", (1,)))
    folder.forget("a1")
    folder.forget("a1")
    assert store.at(JOIN).load() == (SEAT, {"a2": Answer("a2", (1,))})
    folder.forget("a2")
    assert [path.name for path in folder.folder.iterdir()] == ["seat.json"]


def test_nothing_is_known_of_a_seat_never_taken(store: SeatStore) -> None:
    assert store.at(JOIN).load() == (None, {})
    assert store.latest() is None


def test_seats_of_other_codes_and_places_are_kept_apart(store: SeatStore) -> None:
    store.at(JOIN).keep(SEAT)
    for other in (JOIN._replace(code="OTHER"), JOIN._replace(port=1), JOIN._replace(host="lab")):
        assert store.at(other).load() == (None, {})


def test_only_the_owner_can_read_it_under_any_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        folder = SeatStore(tmp_path / "seats").at(JOIN)
        folder.keep(SEAT)
        folder.remember(Answer("a1", (0,)))
    finally:
        os.umask(old)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.folder.iterdir()}
    assert modes == {"seat.json": 0o600, "outbox.json": 0o600}
    assert stat.S_IMODE(folder.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "seats").stat().st_mode) == 0o700


def test_a_seat_given_up_leaves_nothing(store: SeatStore) -> None:
    folder = store.at(JOIN)
    folder.keep(SEAT)
    folder.remember(Answer("a1", (0,)))
    folder.forget("a1")
    folder.give_up()
    assert not folder.folder.exists()
    folder.give_up()


def test_undelivered_answers_stay_as_evidence_and_are_not_sent_for_another_seat(
    store: SeatStore,
) -> None:
    folder = store.at(JOIN)
    folder.keep(SEAT)
    folder.remember(Answer("a1", (0,)))
    folder.give_up()
    kept = json.loads((folder.folder / "undelivered.json").read_bytes())
    assert kept == {"answers": {"a1": {"type": "answer", "assignment": "a1", "labels": [0]}}}
    assert store.at(JOIN).load() == (None, {})


def test_the_seat_taken_last_is_offered_again(store: SeatStore) -> None:
    first, second = JOIN, JOIN._replace(code="SECOND")
    for join, time in ((first, 100), (second, 50)):
        folder = store.at(join)
        folder.keep(SeatKey(join.host, join.port, "", join.code, "r", "P", "t" * 16))
        os.utime(folder.folder / "seat.json", (time, time))
    latest = store.latest()
    assert latest is not None
    assert latest.join == first


@pytest.mark.parametrize("content", [b"", b"{", b'{"host":1}', b"\xff"])
def test_a_damaged_file_is_told_with_its_name(store: SeatStore, content: bytes) -> None:
    folder = store.at(JOIN)
    folder.keep(SEAT)
    (folder.folder / "seat.json").write_bytes(content)
    with pytest.raises(EnvironmentFaultError, match=r"seat\.json cannot be read .* Move it away"):
        folder.load()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFaultError, match=r"cannot keep answers in .* with --state"):
        SeatStore(tmp_path / "file" / "seats")
