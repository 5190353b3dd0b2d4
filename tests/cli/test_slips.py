"""``clamshell slips``: a code for each participant, and how to join."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from clamshell_tui.participant_texts import Sentence
from clamshell_tui.report.slips import JoinWay, Slip, qr_rows, slips_page, slips_text
from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.study.access import codes, study_key
from clamshell_tui.study.file import StudyFile
from tests.study.files import StudyFiles
from tests.study.kept_study import META

Command = Callable[..., Any]
LABELS = ["L01", "L02", "L03", "L04"]
PLACE = ("--address", "lab.example.org", "--insecure-lan", "--web", "8080")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFiles:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return StudyFiles(tmp_path)


def test_slips_before_the_study_have_the_codes_that_it_will_have(
    files: StudyFiles, clamshell: Command
) -> None:
    done = clamshell("slips", "s.toml", "--db", "d", *PLACE, "-o", "s.html")
    assert (done.code, done.out) == (0, "")
    assert done.err.endswith("4 slips in s.html\n")
    page = (files.folder / "s.html").read_text("utf-8")
    found = codes(study_key(Path("d"))[0], LABELS)
    for label, code in found.items():
        assert f">{label}<" in page
        assert f"http://lab.example.org:8080/j/{code}<" in page
    assert page.count("Dr A. Meyer") == 4
    assert (files.folder / "s.html").stat().st_mode & 0o077 == 0
    again = clamshell("slips", "s.toml", "--db", "d", *PLACE)
    assert all(code in again.out for code in found.values())


def test_no_code_is_in_the_folder_of_the_study(files: StudyFiles, clamshell: Command) -> None:
    assert clamshell("slips", "s.toml", "--db", "d", *PLACE).code == 0
    found = codes(study_key(Path("d"))[0], LABELS)
    for file in Path("d").rglob("*"):
        assert not any(code.encode() in file.read_bytes() for code in found.values())


def test_ssh_and_the_certificate_have_their_fingerprints(
    files: StudyFiles, clamshell: Command
) -> None:
    asyncssh = pytest.importorskip("asyncssh", reason="needs asyncssh (the extra ssh)")
    place = ("--address", "192.0.2.7", "--ssh", "2222", "--web", "8443")
    done = clamshell("slips", "s.toml", "--db", "d", *place, "--only", "L02")
    code = codes(study_key(Path("d"))[0], LABELS)["L02"]
    key = asyncssh.read_private_key("d-gateways/ssh_host_key")
    mark = ":".join(re.findall("..", _fingerprint(Path("d.pem")).upper()))
    assert done.out.splitlines()[3:14] == [
        f"{'s':<66}{'L02':>12}",
        "",
        f"    {code}",
        "",
        "Keep this code: it leads you back, from any computer.",
        "Dr A. Meyer",
        "",
        "In a browser:",
        f"    https://192.0.2.7:8443/j/{code}",
        f"    certificate SHA-256 {mark}",
        "Or in a terminal:",
    ]
    assert f"    ssh -p 2222 {code}@192.0.2.7\n    host key {key.get_fingerprint()}\n" in done.out


def _fingerprint(pem: Path) -> str:
    import ssl
    from hashlib import sha256

    text = pem.read_text("ascii")
    return sha256(ssl.PEM_cert_to_DER_cert(text[text.index(ssl.PEM_HEADER) :].strip())).hexdigest()


def test_without_doors_a_slip_has_the_command_of_our_client(
    files: StudyFiles, clamshell: Command
) -> None:
    done = clamshell("slips", "s.toml", "--db", "d", "--address", "127.0.0.1", "--only", "L01")
    code = codes(study_key(Path("d"))[0], LABELS)["L01"]
    assert f"    clamshell-worker clam://127.0.0.1:7777/{code}\n" in done.out


def test_a_study_that_is_served_names_its_place_and_its_latest_codes(
    files: StudyFiles, clamshell: Command
) -> None:
    key = study_key(Path("d"))[0]
    now = codes(key, LABELS, {"L03": 2})
    lines = ["listening 192.0.2.9 7777", "web 192.0.2.9 8080 http://192.0.2.9:8080/"]
    lines += [f"seat {code}" for code in now.values()]
    Path("d-codes").write_text("\n".join(lines))
    done = clamshell("slips", "s.toml", "--db", "d")
    assert re.findall(r"http://192\.0\.2\.9:8080/j/(\S+)", done.out) == list(now.values())


def test_a_study_that_has_begun_has_the_issues_in_its_file(
    files: StudyFiles, clamshell: Command
) -> None:
    key = study_key(Path("d"))[0]
    meta = replace(META, digests=dict(files.load().digests))
    with StudyFile.create(Path("d"), meta) as file:
        file.put_access(AccessRow("L01", "seat", 3))
        file.put_access(AccessRow("L02", "seat", 1))
        file.commit_now()
    done = clamshell("slips", "s.toml", "--db", "d", *PLACE, "--only", "L01", "--only", "L02")
    now = codes(key, LABELS, {"L01": 3})
    assert re.findall(r"/j/(\S+)", done.out) == [now["L01"], now["L02"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "s.pdf"], "s.pdf is neither .html nor .txt. Name one of them (-o)"),
        (["-o", "consent.txt"], "consent.txt exists; replace it with --force, or choose another"),
        (["-o", "consent.txt", "--force"], "consent.txt is not a file of slips and is not repla"),
        (["--only", "L05"], 'no participant "L05" (did you mean "L04"?) (--only)'),
        (["--db", "s.toml"], "s.toml is no folder. Name a folder for the study"),
        (["--set", "study.sed=1"], 'setting study.sed=1: unknown key "sed" in [study]'),
    ],
)
def test_bad_input_is_one_line(
    files: StudyFiles, clamshell: Command, arguments: list[str], message: str
) -> None:
    files.write("consent.txt", "Ours.")
    done = clamshell("slips", "s.toml", "--db", "d", *PLACE, *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"clamshell: error: {message}")
    assert done.err.count("\n") == 1


def test_a_scenario_is_no_study(files: StudyFiles, clamshell: Command) -> None:
    files.write("a.toml", "seed = 3\n")
    done = clamshell("slips", "a.toml", "--db", "d")
    assert done.code == 2
    assert done.err == (
        "clamshell: error: a.toml is no study: it has no stages. clamshell help study says how to "
        "write them\n"
    )


def test_a_study_is_not_run_like_a_scenario(files: StudyFiles, clamshell: Command) -> None:
    done = clamshell("run", "s.toml")
    assert done.code == 2
    assert (
        "s.toml is a study, since it has stages. Try it with clamshell rehearse, or run it with "
        "clamshell serve" in done.err
    )


def test_a_sheet_has_eight_slips_and_no_name_becomes_markup() -> None:
    slip = Slip(
        "<b>", "L01", "AAAA-BBBB", (JoinWay(Sentence("paper.browser"), "http://x/"),), "", "a & b"
    )
    page = slips_page([slip] * 17)
    assert page.count('class="sheet"') == 3
    assert page.count('class="slip"') == 17
    assert "&lt;b&gt;" in page
    assert "a &amp; b" in page
    assert "<svg" not in page


def test_a_code_in_text_shows_the_modules_of_the_qr_code() -> None:
    segno = pytest.importorskip("segno", reason="needs segno (the extra slips)")
    made = segno.make_qr("https://192.168.1.20:8443/j/K7QM-2F9X", error="m", boost_error=False)
    rows = qr_rows(made)
    assert len(rows) == 19
    assert {len(row) for row in rows} == {37}
    modules = [[dark & 1 for dark in row] for row in made.matrix]
    drawn: list[list[int]] = []
    for row in rows:
        drawn.append([int(cell in "\u2580\u2588") for cell in row])
        drawn.append([int(cell in "\u2584\u2588") for cell in row])
    assert [row[4:-4] for row in drawn[4 : 4 + len(modules)]] == modules
    slip = Slip("s", "L01", "K7QM-2F9X", (), "https://192.168.1.20:8443/j/K7QM-2F9X")
    assert "\n".join(rows) in slips_text([slip])
    assert "<svg" in slips_page([slip])
