"""Codes of participants: the same each time, and in no file of the study."""

from pathlib import Path

import pytest

from clamshell_tui.coordinator.sessions import ConnectedSessions
from clamshell_tui.errors import ClamshellError, InputError
from clamshell_tui.runfile.access_key import AccessKey
from clamshell_tui.study.access import codes, study_key

LABELS = [f"L{number:02}" for number in range(30)]


def test_codes_are_those_that_the_coordinator_gives_out_later(tmp_path: Path) -> None:
    key, made = study_key(tmp_path / "study", tmp_path / "keys")
    assert made
    slips = codes(key, LABELS)
    again, made = study_key(tmp_path / "study", tmp_path / "keys")
    assert not made
    sessions = ConnectedSessions(lambda row: None, again)
    seats = [sessions.new_seat("seat", label) for label in LABELS]
    assert {seat.label: sessions.code(seat) for seat in seats} == slips
    sessions.reissue(seats[3])
    assert codes(key, LABELS, {"L03": 2}) == {**slips, "L03": sessions.code(seats[3])}
    assert len(set(slips.values())) == len(LABELS)


def test_a_moved_folder_keeps_its_codes_and_a_new_one_has_others(tmp_path: Path) -> None:
    folder, keys = tmp_path / "study", tmp_path / "keys"
    before = codes(study_key(folder, keys)[0], LABELS)
    folder.rename(tmp_path / "moved")
    assert codes(study_key(tmp_path / "moved", keys)[0], LABELS) == before
    assert codes(study_key(folder, keys)[0], LABELS) != before


def test_neither_key_nor_code_is_in_the_folder(tmp_path: Path) -> None:
    folder, keys = tmp_path / "study", tmp_path / "keys"
    found = codes(study_key(folder, keys)[0], LABELS)
    (key_file,) = keys.iterdir()
    assert key_file.stat().st_mode & 0o077 == 0
    (identity,) = folder.iterdir()
    content = identity.read_bytes()
    assert key_file.read_bytes() not in content
    assert not any(code.encode() in content for code in found.values())
    assert bytes.fromhex(content.decode()) not in key_file.read_bytes()


def test_equal_codes_are_parted_as_the_coordinator_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def code(_: AccessKey, kind: str, label: str, issue: int) -> str:
        return {("L00", 1): "AAAA-AAAA", ("L01", 1): "AAAA-AAAA"}.get((label, issue), "BBBB-BBBB")

    monkeypatch.setattr(AccessKey, "code", code)
    sessions = ConnectedSessions(lambda row: None, AccessKey(b"k"))
    seats = [sessions.new_seat("seat", label) for label in LABELS[:2]]
    assert [sessions.code(seat) for seat in seats] == ["AAAA-AAAA", "BBBB-BBBB"]
    assert list(codes(AccessKey(b"k"), LABELS[:2]).values()) == ["AAAA-AAAA", "BBBB-BBBB"]


@pytest.mark.parametrize("what", ["file", "damaged"])
def test_a_folder_that_is_none_or_damaged_is_refused(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "study"
    if what == "file":
        folder.write_text("x")
    else:
        folder.mkdir()
        (folder / "study.id").write_text("x")
    with pytest.raises(InputError) as caught:
        study_key(folder, tmp_path / "keys")
    assert isinstance(caught.value, ClamshellError)
    assert "\n" not in str(caught.value)
