"""``clamshell pay``: what the participants of a study are owed, and receipts to sign."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clamshell_tui.cli.options import path_option
from clamshell_tui.errors import InputError
from clamshell_tui.text import show

if TYPE_CHECKING:
    from clamshell_tui.study.afterwards import Afterwards
    from clamshell_tui.study.pay import Earned
    from clamshell_tui.study.pay_list import PayLine
    from clamshell_tui.study.reader import StudyRun

_EPILOG = """\b
Examples:
  clamshell pay study
  clamshell pay study --receipts receipts.html --names names.csv
  clamshell pay study --paid L01 --paid L02
  clamshell pay study --correct L01 2.50 "the ssh door was down"
  clamshell pay study --withdraw L03 --delete
"""
_OPERATOR = "clamshell pay"  # stands for the operator in the journal
_ADDITION = (str, str, str)


@click.command(epilog=_EPILOG)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@path_option("--receipts", metavar="HTML", help="Write the list, and receipts to sign.")
@path_option("--names", help="Who is who, for the receipts: CSV with label, name and email.")
@click.option("--force", is_flag=True, help="Let --receipts replace existing receipts.")
@click.option("--paid", metavar="LABEL", multiple=True, help="Note that all that is owed was paid.")
@click.option(
    "--bonus",
    "bonuses",
    metavar="LABEL AMOUNT REASON",
    type=_ADDITION,
    multiple=True,
    help="Add a bonus.",
)
@click.option(
    "--correct",
    "corrections",
    metavar="LABEL AMOUNT REASON",
    type=_ADDITION,
    multiple=True,
    help="Add a correction; nothing is ever deducted.",
)
@click.option("--withdraw", metavar="LABEL", help="Note that a participant withdrew afterwards.")
@click.option("--delete", is_flag=True, help="With --withdraw: erase the participant's answers.")
def command(
    *,
    folder: Path,
    as_json: bool,
    receipts: Path | None,
    names: Path | None,
    force: bool,
    paid: Sequence[str],
    bonuses: Sequence[tuple[str, str, str]],
    corrections: Sequence[tuple[str, str, str]],
    withdraw: str | None,
    delete: bool,
) -> None:
    """List what the participants of a study are owed, by label.

    DIR is the folder of a study that is over, or goes on. --paid, --bonus, --correct and --withdraw
    add to its journal after the end; while it is served, do that on the operator's People page.
    Names are printed on the receipts, and kept nowhere. An option that names a LABEL may be
    repeated.
    """
    from clamshell_tui.cli.progress import working
    from clamshell_tui.cli.study_folder import readable_study
    from clamshell_tui.participant_texts import Texts
    from clamshell_tui.report import receipts as page
    from clamshell_tui.runfile.output_path import begins_with, check_apart, check_place, write_text
    from clamshell_tui.study.guests import read_identities
    from clamshell_tui.study.pay_list import pay_list, read_earned
    from clamshell_tui.study.reader import read_study

    if delete and withdraw is None:
        raise click.UsageError("--delete is for --withdraw LABEL")
    if names is not None and receipts is None:
        raise click.UsageError("--names is for --receipts HTML")
    additions = [("bonus", *each) for each in bonuses] + [("correction", *e) for e in corrections]
    if receipts is not None:
        check_apart({"--receipts": receipts}, [names] if names is not None else [])
        check_place(
            receipts, overwrite=force, ours=begins_with(page.BEGINS), kind="a page of receipts"
        )
    changes = bool(additions or paid or withdraw)
    with working("reading the study"), readable_study(folder) as place:
        study = read_study(place)
        who = {} if names is None else read_identities(names, study.itinerary.people)
        earned = read_earned(study)
    if changes:
        _change(folder, earned, additions, paid, withdraw, delete=delete)
        study = read_study(folder)
    lines = pay_list(study, earned)
    if receipts is not None:
        write_text(
            receipts, page.receipts_page(study.meta.name, lines, who, Texts(study.meta.sentences))
        )
        receipts.chmod(0o600)
    if as_json:
        _print_json(study, lines)
    else:
        _print(lines)
    if receipts is not None:
        done = sum(bool(line.outcome) for line in lines)
        click.echo(f"{done} receipts in {show(str(receipts))}", err=True)


# -- changes -------------------------------------------------------------------------------------


def _change(
    folder: Path,
    earned: "Mapping[str, Earned]",
    additions: Sequence[tuple[str, str, str, str]],
    paid: Sequence[str],
    withdraw: str | None,
    *,
    delete: bool,
) -> None:
    from clamshell_tui.study.afterwards import reopened
    from clamshell_tui.study.events import Credited, Withdrew

    amounts = [_micros(amount) for _, _, amount, _ in additions]
    for kind, label, _, reason in additions:
        if not reason.strip():
            raise InputError(f"{show(label)}: a {kind} needs a reason, which the receipt names")
    with reopened(folder) as after:
        for label in [*[each[1] for each in additions], *paid, *([withdraw] if withdraw else [])]:
            after.require(label)
        for (kind, label, _, reason), micros in zip(additions, amounts, strict=True):
            after.apply(Credited(label, kind, micros, reason, _OPERATOR))  # type: ignore[arg-type]
        if withdraw is not None:
            after.apply(Withdrew(withdraw, delete))
        for label in dict.fromkeys(paid):
            _pay(after, label, earned)
    if withdraw is not None:
        _tell_of_withdrawal(folder, withdraw, after, delete=delete)


def _pay(after: "Afterwards", label: str, earned: "Mapping[str, Earned]") -> None:
    from clamshell_tui.study.events import PaidOut
    from clamshell_tui.study.pay import Earned, statement

    itinerary = after.itinerary
    person = itinerary.people[label]
    made = earned.get(label, Earned())
    owed = statement(itinerary.plan, person, made, itinerary.now).total
    left = owed - person.paid_micros
    if left <= 0 and person.outcome and not person.bot:
        click.echo(f"clamshell: {label}: nothing is owed", err=True)
        return
    after.apply(PaidOut(label, max(0, left), _OPERATOR))


def _tell_of_withdrawal(folder: Path, label: str, after: "Afterwards", *, delete: bool) -> None:
    from clamshell_tui.formats import count
    from clamshell_tui.study.reader import other_copies

    if not delete:
        click.echo(f"clamshell: {label} withdrew; the data are kept", err=True)
        return
    erased = count(after.erased, "answer")
    click.echo(f"clamshell: {label} withdrew; {erased} erased, and no export has them", err=True)
    for copy in other_copies(folder):
        click.echo(f"clamshell: a copy from before has them: {show(str(copy))}", err=True)
    click.echo("clamshell: erase them in earlier back-ups and exports yourself", err=True)


def _micros(text: str) -> int:
    """Return a positive amount in micros; InputError for another text."""
    try:
        amount = Decimal(text) * 1_000_000
    except InvalidOperation:
        amount = Decimal(0)
    if not (amount.is_finite() and 0 < amount <= 10**11 and amount == int(amount)):
        raise InputError(f'"{show(text, 40)}" is no amount. Write a positive number, such as 2.50')
    return int(amount)


# -- output --------------------------------------------------------------------------------------


def _print(lines: "Sequence[PayLine]") -> None:
    from clamshell_tui.cli.output import terminal_width
    from clamshell_tui.report.aligned import aligned
    from clamshell_tui.report.receipts import payment_rows

    if not lines:
        click.echo("nobody has come yet")
        return
    for line in aligned(list(payment_rows(lines)), left=(0, 1), width=terminal_width()):
        click.echo(line)
    click.echo(f"\namounts in {lines[0].statement.currency}")


def _print_json(study: "StudyRun", lines: "Sequence[PayLine]") -> None:
    import msgspec

    from clamshell_tui.participant_texts import Texts
    from clamshell_tui.report.export_formats import iso
    from clamshell_tui.study.pay import KINDS

    words = Texts(study.meta.sentences)
    people = [
        {
            "participant": line.label,
            "outcome": line.outcome,
            **{kind: line.statement.of(kind) / 1e6 for kind in KINDS},
            "total": line.statement.total / 1e6,
            "paid": line.paid / 1e6,
            "paid_at": None if line.paid_at is None else iso(round(line.paid_at * 1000)),
            "reasons": [
                {"kind": row.kind, "amount": row.micros / 1e6, "reason": words.say(row.reason)}
                for row in line.statement.rows
            ],
        }
        for line in lines
    ]
    data = {
        "study": study.meta.name,
        "currency": study.meta.plan.pay.currency,
        "participants": people,
        "total": sum(line.statement.total for line in lines) / 1e6,
        "paid": sum(line.paid for line in lines) / 1e6,
        "owed": sum(line.owed for line in lines) / 1e6,
    }
    click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())
