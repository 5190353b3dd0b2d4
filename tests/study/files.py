"""Writes the files of a small study."""

from pathlib import Path

from clamshell_tui.study.load import Study, load_study

TOML = """\
condition = [
  { name = "helped" },
  { name = "alone", set = ["straggler_mitigation.enabled=false"] },
]
stage = [
  { kind = "consent", file = "consent.md" },
  { kind = "instructions", file = "codebook.md" },
  { kind = "training" },
  { kind = "qualification", pass_mark = 0.5 },
  { kind = "gate", people = 2 },
  { kind = "work", minutes = 45.0, checks_every = 4 },
  { kind = "questionnaire", questions = [
    { id = "strain", kind = "likert", ask = "How tiring?" },
    { id = "age", kind = "number", ask = "Age", min = 18, max = 99 },
    { id = "sex", kind = "choice", ask = "Gender", options = ["f", "m", "other"] },
    { id = "more", kind = "text", ask = "Anything else?", optional = true } ] },
  { kind = "debrief", file = "debrief.md" },
]
[study]
contact = "Dr A. Meyer"
[participants]
file = "people.csv"
private = ["name"]
[payment]
show_up = 5.00
minimum = 1.00
bonus = [{ amount = 2.00, if = "checks.accuracy >= 0.9" }]
[dataset]
kind = "csv"
path = "reviews.csv"
id = "id"
text = "review"
label = "feeling"
use = "use"
why = "why"
[tasks]
records_per_task = 2
[learning]
enabled = false
"""
PEOPLE = "label,condition,stratum,name\nL01,,,Ann\nL02,,,Ben\nL03,,,Cid\nL04,,,Dan\n"
REVIEWS = "\n".join(
    [
        "id,review,feeling,use,why",
        "t1,Nice,good,training,It says nice.",
        "t2,Awful,bad,training,",
        "q1,Fine,good,qualification,",
        "q2,Dreadful,bad,qualification,",
        "c1,Lovely,good,check,",
        "c2,Horrible,bad,check,",
        *[f"w{number},Text {number},,work," for number in range(12)],
    ]
)


class StudyFiles:
    """The files of a study in a folder; ``toml`` is called s.toml."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.toml = folder / "s.toml"
        self.toml.write_text(TOML, "utf-8")
        for name, text in (
            ("consent.md", "# Consent\n\nYou may stop.\n"),
            ("codebook.md", "# One\n\nfirst\n\n---\n\n# Two\n\nsecond\n"),
            ("debrief.md", "Thank you.\n"),
            ("people.csv", PEOPLE),
            ("reviews.csv", REVIEWS),
        ):
            self.write(name, text)

    def write(self, name: str, text: str, encoding: str = "utf-8") -> None:
        (self.folder / name).write_bytes(text.encode(encoding))

    def replace(self, old: str, new: str, file: str = "s.toml") -> None:
        """Replace ``old``, which must be there."""
        text = (self.folder / file).read_text("utf-8")
        assert old in text, f"{old!r} is not in {file}"
        self.write(file, text.replace(old, new))

    def line(self, part: str) -> int:
        """Return the number of the first line with ``part`` in the study file."""
        lines = self.toml.read_text("utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if part in line)

    def load(self, *overrides: str) -> Study:
        return load_study(self.toml, overrides)
