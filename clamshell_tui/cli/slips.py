"""``clamshell slips``: a slip for each participant of a study, to print."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from clamshell_tui.cli.options import complete_scenario, path_option
from clamshell_tui.errors import InputError, did_you_mean
from clamshell_tui.scenario.shipped import find
from clamshell_tui.text import show
from clamshell_tui.wire.invitation import Codes, codes_beside, join_command, read_codes

if TYPE_CHECKING:
    from clamshell_tui.report.slips import JoinWay

_EPILOG = """\b
Examples:
  clamshell slips study.toml --db study -o slips.html --ssh 2222 --web 8443
  clamshell slips study.toml --db study -o slips.txt
  clamshell slips study.toml --db study --only L06
"""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MOST_ISSUES = 1000  # of one code


class _Place(NamedTuple):
    """Where participants will connect; ``secure`` with TLS."""

    host: str
    port: int
    ssh: int | None
    web: int | None
    secure: bool


@click.command(epilog=_EPILOG)
@click.argument("study", metavar="STUDY", shell_complete=complete_scenario)
@path_option("--db", metavar="DIR", required=True, help="The folder of the study, as for serve.")
@path_option("-o", "--out", help="Write the slips here: .html to print, or .txt. Default: stdout.")
@click.option("--force", is_flag=True, help="Let --out replace existing slips.")
@click.option("--only", metavar="LABEL", multiple=True, help="Only this slip. Repeat it for more.")
@click.option(
    "--address", metavar="HOST", help="This machine, as participants reach it. Default: found out."
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=7777,
    show_default=True,
    help="The --port of serve.",
)
@click.option("--ssh", metavar="PORT", type=click.IntRange(1, 65535), help="The --ssh of serve.")
@click.option("--web", metavar="PORT", type=click.IntRange(1, 65535), help="The --web of serve.")
@click.option("--insecure-lan", is_flag=True, help="As for serve: links without encryption.")
@click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a setting, as for serve."
)
def command(*, study: str, db: Path, out: Path | None, force: bool, **given: Any) -> None:
    """Print a slip for each participant of a study: how to join.

    A code is good for the whole study, from any machine. Slips can be printed before the study is
    served, with the ports that it will have; while it is served, they have its real address, and
    codes that were replaced are new. Keep them like the list of names: who has a slip can take the
    place of its participant.
    """
    from clamshell_tui.report import slips
    from clamshell_tui.runfile.output_path import LockedError, begins_with, check_place, write_text
    from clamshell_tui.study.load import load_study
    from clamshell_tui.study.reader import is_study_folder, read_file
    from clamshell_tui.study.records import load_records
    from clamshell_tui.study.schema import FILE

    if out is not None:
        if out.suffix not in (".html", ".txt"):
            raise InputError(f"{show(out.name)} is neither .html nor .txt. Name one of them (-o)")
        ours = begins_with(slips.HTML_BEGINS, slips.TEXT_BEGINS)
        check_place(out, overwrite=force, ours=ours, kind="a file of slips")
    loaded = load_study(find(study), given["settings"])
    load_records(loaded)  # a slip is a promise: refuse now what serve will refuse
    if is_study_folder(db):
        with suppress(LockedError), read_file(db / FILE) as begun:
            loaded.require_unchanged(begun.meta.digests, begun.meta.overrides)
    labels = _chosen([guest.label for guest in loaded.guests], given["only"])
    served = codes_beside(db)
    place = _Place(
        given["address"] or "",
        given["port"],
        given["ssh"],
        given["web"],
        not given["insecure_lan"],
    )
    running = served.exists()
    known = read_codes(served) if running else _planned(db, place)
    codes = _codes(db, [guest.label for guest in loaded.guests], known if running else None)
    if not slips.has_qr() and known.web:
        click.echo(f"clamshell: {slips.NO_QR}", err=True)
    made = [
        slips.Slip(
            loaded.name,
            label,
            codes[label],
            _ways(known, codes[label]),
            _link(known, codes[label]),
            loaded.config.contact,
            loaded.sentences,
        )
        for label in labels
    ]
    page = out is not None and out.suffix == ".html"
    text = slips.slips_page(made) if page else slips.slips_text(made)
    if out is None:
        click.echo(text, nl=False)
        return
    write_text(out, text)
    out.chmod(0o600)
    click.echo(f"{len(made)} slips in {show(str(out))}", err=True)


def _chosen(labels: Sequence[str], only: Sequence[str]) -> Sequence[str]:
    for each in only:
        if each not in labels:
            hint = did_you_mean(each, labels)
            raise InputError(f'no participant "{show(each[:40])}"{hint} (--only)')
    return [label for label in labels if not only or label in only]


# -- where participants connect -----------------------------------------------------------------


def _planned(folder: Path, place: _Place) -> Codes:
    """Return where a study that is not served yet will be reached, with its fingerprints.

    The certificate and the host key are made here if there are none yet.
    """
    from clamshell_tui.coordinator.tls import certificate, reachable_addresses

    host = place.host or reachable_addresses("0.0.0.0")[0]
    secure = place.secure and host not in _LOOPBACK
    shown = f"[{host}]" if ":" in host else host
    mark = certificate(folder)[1] if secure else ""
    scheme = "https" if secure else "http"
    return Codes(
        f"{shown}:{place.port}" + (f"#{mark}" if mark else ""),
        (),
        (),
        "",
        "",
        ready=False,
        ssh="" if place.ssh is None else f"{shown} {place.ssh} {_host_key(folder)}",
        web="" if place.web is None else f"{shown} {place.web} {scheme}://{shown}:{place.web}/",
    )


def _host_key(folder: Path) -> str:
    """Return the fingerprint of the key that ssh clients will see."""
    from clamshell_tui.gateways.__main__ import private_folder
    from clamshell_tui.gateways.launch import check_ssh

    check_ssh()
    from clamshell_tui.gateways.ssh import host_key

    kept = folder.absolute().with_name(f"{folder.name}-gateways")
    private_folder(kept)
    return host_key(kept).get_fingerprint("sha256")


def _ways(known: Codes, code: str) -> "tuple[JoinWay, ...]":
    from clamshell_tui.participant_texts import Sentence
    from clamshell_tui.report.slips import JoinWay

    found: list[JoinWay] = []
    link, mark = _link(known, code), known.address.partition("#")[2]
    if link:
        shown = ":".join([mark[at : at + 2].upper() for at in range(0, len(mark), 2)])
        proof = Sentence("paper.certificate", {"fingerprint": shown}) if shown else None
        found.append(JoinWay(Sentence("paper.browser"), link, proof))
    if known.ssh:
        (ssh, *_) = known.without_a_client(code)
        proof = Sentence("paper.host_key", {"fingerprint": known.ssh.split()[2]})
        found.append(JoinWay(Sentence("paper.or_terminal"), ssh, proof))
    if not found:
        found.append(JoinWay(Sentence("paper.terminal"), join_command(known.join(code))))
    return tuple(found)


def _link(known: Codes, code: str) -> str:
    return known.without_a_client(code)[-1] if known.web else ""


# -- codes ---------------------------------------------------------------------------------------


def _codes(folder: Path, labels: Sequence[str], running: Codes | None) -> dict[str, str]:
    """Return the codes by label; of a study that has begun, in their latest issues."""
    from clamshell_tui.study.access import SEAT, codes, study_key
    from clamshell_tui.study.reader import is_study_folder

    key, made = study_key(folder)
    if running is not None:  # its file is locked, but these are its codes
        issues = {}
        for label in labels:
            for issue in range(1, _MOST_ISSUES):
                if key.code(SEAT, label, issue) in running.seats:
                    issues[label] = issue
                    break
            else:
                raise InputError(
                    f"{label} was not invited when this study began; restore the guest list, or "
                    "use another folder"
                )
        return codes(key, labels, issues)
    begun = is_study_folder(folder)
    if made and begun:
        click.echo("clamshell: the key of this study is not here: all codes are new", err=True)
    return codes(key, labels, _issues(folder) if begun else {})


def _issues(folder: Path) -> dict[str, int]:
    from clamshell_tui.study.reader import read_file
    from clamshell_tui.study.schema import FILE

    with read_file(folder / FILE) as file:
        return {row.label: row.issue for row in file.access()}
