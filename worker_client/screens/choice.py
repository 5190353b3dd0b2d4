"""All screens, and which of them shows a session."""

from clamshell_tui.wire.study_messages import (
    BreakShown,
    ConsentShown,
    DebriefShown,
    GateShown,
    PagesShown,
    PausedShown,
    QuestionsShown,
    RecordsShown,
)
from worker_client.lifecycle import SessionPhase
from worker_client.notices import Feedback, Lesson
from worker_client.screens.feedback import FeedbackScreen
from worker_client.screens.frame import ScreenFrame
from worker_client.screens.instructions import InstructionsScreen
from worker_client.screens.interrupted import InterruptedScreen
from worker_client.screens.join import JoinScreen
from worker_client.screens.over import OverScreen
from worker_client.screens.stage_consent import ConsentScreen
from worker_client.screens.stage_pages import PagesScreen
from worker_client.screens.stage_pause import BreakScreen, GateScreen
from worker_client.screens.stage_questions import QuestionsScreen
from worker_client.screens.stage_receipt import ReceiptScreen
from worker_client.screens.stage_records import TrialScreen
from worker_client.screens.task import TaskScreen
from worker_client.screens.waiting import WaitingScreen
from worker_client.session import Session

_SCREEN_OF = {
    SessionPhase.JOINING: "join",
    SessionPhase.INSTRUCTIONS: "instructions",
    SessionPhase.TRAINING: "task",
    SessionPhase.CHECKING: "task",
    SessionPhase.WAITING: "waiting",
    SessionPhase.WORKING: "task",
    SessionPhase.REVIEWING: "task",
    SessionPhase.SENDING: "task",
    SessionPhase.NOT_QUALIFIED: "over",
    SessionPhase.RELEASED: "over",
}
_SCREEN_OF_STAGE: dict[type, str] = {
    ConsentShown: "consent",
    PagesShown: "pages",
    RecordsShown: "records",
    GateShown: "gate",
    QuestionsShown: "questions",
    BreakShown: "break",
    PausedShown: "break",
    DebriefShown: "receipt",
}


def screen_of(session: Session) -> str:
    """Return the name of the screen for the phase, the stage, or what covers them."""
    cover, stage = session.cover, session.stage
    if isinstance(cover, Lesson):
        return "records"
    if cover is not None:
        return "feedback" if isinstance(cover, Feedback) else "interrupted"
    if stage is not None and (session.in_stage or (session.over and session.receipt)):
        return _SCREEN_OF_STAGE[type(stage.shown)]
    return _SCREEN_OF[session.phase]


def all_screens() -> dict[str, ScreenFrame]:
    return {
        "join": JoinScreen(),
        "instructions": InstructionsScreen(),
        "task": TaskScreen(),
        "feedback": FeedbackScreen(),
        "interrupted": InterruptedScreen(),
        "waiting": WaitingScreen(),
        "over": OverScreen(),
        "consent": ConsentScreen(),
        "pages": PagesScreen(),
        "records": TrialScreen(),
        "gate": GateScreen(),
        "questions": QuestionsScreen(),
        "break": BreakScreen(),
        "receipt": ReceiptScreen(),
    }
