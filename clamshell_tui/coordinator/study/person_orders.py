"""Carries out operators' orders about participants and their codes."""

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
from clamshell_tui.wire.messages import Error, Notice
from clamshell_tui.wire.operator_messages import Done, Order
from clamshell_tui.wire.study_messages import PeopleDone, PersonOrder, PersonResult

MOST_MICROS = 10**12
"""At most in one order, so that no sum becomes larger than a message can say."""


class RefusedOrderError(Exception):
    """The order cannot be carried out; the state is unchanged."""


class PersonOrders:
    """Carries out orders about participants, each for those it is possible for."""

    def __init__(self, stages: StageRunner) -> None:
        self._stages = stages
        self._driver = stages.driver

    def give(self, peer: Peer, order: PersonOrder, now: float) -> PeopleDone:
        """Carry out an order for each participant; RefusedOrderError if it is incomplete."""
        if order.order == "message" and not order.text:
            raise RefusedOrderError("the message is empty")
        if order.order in ("bonus", "correction") and not order.text.strip():
            raise RefusedOrderError(f"a {order.order} needs a reason, which the receipt names")
        if order.micros > MOST_MICROS:
            raise RefusedOrderError("an amount is at most a million")
        labels = dict.fromkeys(order.participants)
        return PeopleDone(tuple([self._result(label, order, peer.name, now) for label in labels]))

    def _result(self, label: str, order: PersonOrder, operator: str, now: float) -> PersonResult:
        if label not in self._driver.itinerary.people:
            return PersonResult(label, refused="is not invited")
        try:
            return PersonResult(label, self._one(label, order, operator, now))
        except InvalidEventError as error:
            why = str(error).partition("\n")[0].removeprefix(label).lstrip(": ")
            return PersonResult(label, refused=why)

    def _one(self, label: str, order: PersonOrder, operator: str, now: float) -> str:
        """Carry out an order for one participant; return the new code, if there is one."""
        if order.order == "reissue":
            return self._reissue(label, operator, now)
        if order.order in ("bonus", "correction") and self._driver.person(label).bot:
            raise InvalidEventError(f"{label} is a bot, which is never paid")
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
        return sessions.code(seat)

    def change_token(self, peer: Peer, order: Order) -> Done:
        """Replace or revoke the token of a role, and end the connections that used it."""
        if order.key not in ("operator", "requester"):
            raise RefusedOrderError('key must be "operator" or "requester"')
        detail = change_token(self._driver.sessions, peer, order, self._driver.send)
        self._driver.effects.append(self._driver.republish)
        return Done(order.do, detail)
