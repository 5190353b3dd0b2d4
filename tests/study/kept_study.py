"""A study on paper whose journal goes to a file, for tests that read it again."""

from pathlib import Path

from clamshell_tui.runfile.schema import AccessRow
from clamshell_tui.study import events as e
from clamshell_tui.study.file import StudyFile
from clamshell_tui.study.schema import StudyMeta
from clamshell_tui.study.sealed import seal
from tests.study.helpers import QUESTIONS, SHA, StudyBench, plan_with

SECRET = "I cried when the dog of my aunt Clementine died"
META = StudyMeta(
    name="hurry",
    version="0.3",
    began=1.7e9,
    file="hurry.toml",
    text="[study]\n",
    texts={"consent.md": "# Welcome"},
    digests={"hurry.toml": "ab", "consent.md": SHA},
    classes=("yes", "no"),
    plan=plan_with(),
)


class Kept(StudyBench):
    """A bench whose journal goes to a file."""

    def __init__(self, folder: Path, meta: StudyMeta = META) -> None:
        super().__init__(meta.plan)
        self.file = StudyFile.create(folder, meta)
        for guest in meta.plan.guests:
            self.file.put_access(AccessRow(guest.label, "seat"))

    def _pass(self, event: e.StudyEvent, now: float) -> list[object]:  # type: ignore[override]
        out = super()._pass(event, now)
        self.file.append(event, now)
        if isinstance(event, e.Arrived):
            label = event.participant
            self.file.put_access(AccessRow(f":{label}", "session", seat=label))
        self.file.commit_now()
        return list(out)

    def answer(self, label: str, text: str) -> None:
        """Answer the questionnaire."""
        rows = [seal(label, QUESTIONS, "age", 31), seal(label, QUESTIONS, "more", text)]
        self.file.put_sealed(rows)
        self.do(
            e.QuestionsAnswered(label, QUESTIONS, {row.question: row.digest for row in rows}), 5.0
        )
