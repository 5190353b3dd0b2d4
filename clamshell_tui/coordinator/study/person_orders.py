"""What operators do with participants and their codes."""

from typing import assert_never

from clamshell_tui.coordinator.operator_handler import change_token
from clamshell_tui.coordinator.sessions import Peer
from clamshell_tui.coordinator.study.stage_runner import StageRunner
from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.study.events import (
    CodeReissued,
    Credited,
    MessageSent,
    PaidOut,
    ParticipantEnded,
    ParticipantPaused,
    ParticipantResumed,
    Readmitted,
    StudyEvent,
)
from clamshell_tui.text import show
from clamshell_tui.wire.messages import Error, Notice
from clamshell_tui.wire.operator_messages import Order
from clamshell_tui.wire.study_messages import PersonOrder

MOST_MICROS = 10**12
"""At most in one order, so that no sum becomes larger than a message can say."""
DETAIL = 1000
"""Characters of the detail of a reply, at most."""


class RefusedOrderError(Exception):
    """The order cannot be carried out; the state is unchanged."""


class PersonOrders:
    """Carries out orders about participants; an order about several does what it can."""

    def __init__(self, stages: StageRunner) -> None:
        self._stages = stages
        self._driver = stages.driver

    def give(self, peer: Peer, order: PersonOrder, now: float) -> str:
        """Carry out an order and return its result; RefusedOrderError if that is impossible."""
        people = self._driver.itinerary.people
        if unknown := next((label for label in order.participants if label not in people), None):
            raise RefusedOrderError(f"there is no participant {show(unknown)}")
        if order.order == "message" and not order.text:
            raise RefusedOrderError("the message is empty")
        if order.micros > MOST_MICROS:
            raise RefusedOrderError("an amount is at most a million")
        if order.order == "reissue" and sum(map(_reply_size, order.participants)) > DETAIL:
            raise RefusedOrderError("mark fewer participants: one reply cannot hold all codes")
        results, refusals = [], []
        for label in order.participants:
            try:
                results.append(self._one(label, order, peer.name, now))
            except InvalidEventError as error:
                refusals.append(str(error).partition("\n")[0])
        if refusals and not results:
            raise RefusedOrderError(refusals[0])
        if order.order == "message":
            return str(sum(self._stages.peer(label) is not None for label in order.participants))
        return "\n".join(result for result in results if result)

    def _one(self, label: str, order: PersonOrder, operator: str, now: float) -> str:
        if order.order == "reissue":
            return self._reissue(label, operator, now)
        self._driver.apply(self._event(label, order, operator), now)
        if order.order == "message" and (peer := self._stages.peer(label)) is not None:
            self._driver.send(peer, Notice(order.text))
        return ""

    def _event(self, label: str, order: PersonOrder, operator: str) -> StudyEvent:
        match order.order:
            case "message":
                return MessageSent(label, order.text, operator)
            case "pause":
                return ParticipantPaused(label, operator)
            case "resume":
                return ParticipantResumed(label, operator)
            case "readmit":
                return Readmitted(label, operator)
            case "end":
                return ParticipantEnded(label, operator, order.text)
            case "bonus" | "correction":
                return Credited(label, order.order, order.micros, order.text, operator)
            case "paid":
                person = self._driver.person(label)
                owed = self._stages.statement(person).total - person.paid_micros
                return PaidOut(label, order.micros or max(0, owed), operator)
            case "reissue":
                return CodeReissued(label, operator)
            case _:
                assert_never(order.order)

    def _reissue(self, label: str, operator: str, now: float) -> str:
        """Give a participant another code; a client that has the seat loses it."""
        sessions = self._driver.sessions
        seat = next(row for row in (*sessions.seats("seat"), *sessions.seats("bot"))
                    if row.label == label)  # fmt: skip
        self._driver.apply(CodeReissued(label, operator), now)
        sessions.reissue(seat)
        session = sessions.workers.get(WorkerId(label))
        if session is not None:
            sessions.reissue(session.access)
            if session.peer is not None:
                why = "the operator has given out a new code for this seat; join with it"
                self._driver.send(session.peer, Error("replaced", why))
        self._driver.effects.append(self._driver.republish)
        return f"{label} {sessions.code(seat)}"

    def change_token(self, peer: Peer, order: Order) -> str:
        """Replace or revoke the token of a role, and end the connections that used it."""
        if order.key not in ("operator", "requester"):
            raise RefusedOrderError('key must be "operator" or "requester"')
        detail = change_token(self._driver.sessions, peer, order, self._driver.send)
        self._driver.effects.append(self._driver.republish)
        return detail


def _reply_size(label: str) -> int:
    return len(label) + len(" ABCD-EFGH\n")
