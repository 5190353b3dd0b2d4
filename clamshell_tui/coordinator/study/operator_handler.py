"""Handles operators' messages to a study: about participants, and about the run of a condition."""

import time
from collections.abc import Callable
from functools import partial
from typing import Literal, assert_never

from clamshell_tui.coordinator.copies import Copies
from clamshell_tui.coordinator.operator_handler import checked_codes
from clamshell_tui.coordinator.sessions import Peer
from clamshell_tui.coordinator.study.condition import RunningCondition
from clamshell_tui.coordinator.study.people_feed import PeopleFeed
from clamshell_tui.coordinator.study.person_orders import PersonOrders, RefusedOrderError
from clamshell_tui.coordinator.study.stage_runner import StageRunner
from clamshell_tui.coordinator.study.work_peer import OrderPeer
from clamshell_tui.core.events import InvalidEventError
from clamshell_tui.core.ids import WorkerId
from clamshell_tui.study.events import StartPlanned, StartRequested, StudyStopped
from clamshell_tui.study.start_time import next_time, shown_time
from clamshell_tui.study.worker_ids import label_of
from clamshell_tui.wire.messages import Error, ToClient
from clamshell_tui.wire.operator_messages import (
    BackUp,
    CheckCodes,
    Describe,
    Done,
    FromOperator,
    LookUp,
    Order,
    ReadJournal,
)
from clamshell_tui.wire.study_messages import (
    FromStudyOperator,
    PersonOrder,
    SelectCondition,
    StartAt,
    StartNow,
    WatchPeople,
)

_AS_PERSON_ORDER: dict[str, Literal["message", "end", "readmit", "reissue"]] = {
    "message": "message",
    "dismiss": "end",
    "readmit": "readmit",
    "reissue-code": "reissue",
}


class StudyOperatorHandler:
    """Handles messages of authenticated operators.

    Each follows the run of one condition, the first unless another was selected. An order goes to
    that condition if it was selected, and to all otherwise.
    """

    def __init__(self, stages: StageRunner, feed: PeopleFeed, orders: PersonOrders) -> None:
        self._stages = stages
        self._driver = stages.driver
        self._feed = feed
        self._orders = orders
        self._selected: dict[Peer, int] = {}
        self._copies = Copies()  # of the folder
        self.copies_wanted: list[Callable[[bytes], None]] = []
        """Called with an archive of the folder after the next commit."""

    def take(self, peer: Peer, message: FromOperator | FromStudyOperator, now: float) -> None:
        match message:
            case WatchPeople():
                self._feed.watch(peer)
            case SelectCondition():
                self._select(peer, message.condition)
            case PersonOrder():
                self._attempt(peer, partial(self._orders.give, peer, message, now))
            case StartNow():
                self._attempt(peer, partial(self._start, peer, message, now))
            case StartAt():
                self._attempt(peer, partial(self._start_at, peer, message, now))
            case Order():
                self._order(peer, message, now)
            case CheckCodes():
                self._driver.send(peer, checked_codes(self._driver.sessions, message))
            case BackUp(offset=0) if peer not in self._selected:
                self.copies_wanted.append(partial(self._copies.begin, peer))
            case BackUp() if peer not in self._selected:
                self._copies.send(peer, message.offset)
            case Describe() | ReadJournal() | LookUp() | BackUp():
                self._followed(peer).run_loop.put(peer, message)
            case _:
                assert_never(message)

    def follow(self, peer: Peer) -> None:
        """Send the alerts of all conditions to an authenticated operator."""
        for condition in self._stages.conditions.values():
            condition.run.sessions.authenticated.add(peer)

    def gone(self, peer: Peer) -> None:
        """Forget a connection that ended."""
        self._selected.pop(peer, None)
        self._feed.gone(peer)
        self._copies.gone(peer)
        for condition in self._stages.conditions.values():
            condition.run.sessions.authenticated.discard(peer)
            condition.run_loop.handlers.operator.gone(peer)

    # -- conditions -------------------------------------------------------------------------------

    def _all(self) -> list[RunningCondition]:
        return list(self._stages.conditions.values())

    def _followed(self, peer: Peer) -> RunningCondition:
        return self._all()[self._selected.get(peer, 0)]

    def _select(self, peer: Peer, number: int | None) -> None:
        if number is not None and number >= len(self._all()):
            self._refuse(peer, f"there is no condition {number}")
            return
        before = self._followed(peer)
        if number is None:
            self._selected.pop(peer, None)
        else:
            self._selected[peer] = number
        after = self._followed(peer)

        def leave(_now: float) -> None:
            """Let go of the run that was followed, once all that was asked of it is answered."""
            before.run_loop.handlers.operator.gone(peer)
            before.run.effects.append(partial(after.run_loop.put, peer, Describe()))

        before.run_loop.call(leave)

    # -- orders -----------------------------------------------------------------------------------

    def _order(self, peer: Peer, order: Order, now: float) -> None:
        match order.do:
            case "message" | "dismiss" | "readmit" | "reissue-code":
                self._attempt(peer, partial(self._about_worker, peer, order, now))
            case "stop" if peer not in self._selected or order.key == "study":
                self._attempt(peer, partial(self._stop, peer, now))
            case "pause" | "resume" | "stop" | "set":
                self._to_conditions(peer, order)
            case "rotate-token" | "revoke-token":
                self._attempt(peer, partial(self._orders.change_token, peer, order))
            case "issue-code" | "revoke-code":
                self._refuse(peer, "a study lets in whom its guest list names; reissue a code")
            case _:
                assert_never(order.do)

    def _to_conditions(self, peer: Peer, order: Order) -> None:
        """Pass an order on; of several conditions the first one replies, and all that refuse."""
        if peer in self._selected:
            self._followed(peer).run_loop.put(peer, order)
            return
        for number, condition in enumerate(self._all()):
            condition.run_loop.put(peer if number == 0 else OrderPeer(peer), order)

    def _about_worker(self, peer: Peer, order: Order, now: float) -> Done:
        """Carry out a run's order about a worker for the participant; a message may go to all."""
        people = self._driver.itinerary.people
        if not order.worker and order.do != "message":
            raise RefusedOrderError("name a participant")
        labels = (label_of(WorkerId(order.worker)),) if order.worker else tuple(people)
        do = _AS_PERSON_ORDER[order.do]
        done = self._orders.give(peer, PersonOrder(do, labels, order.text), now)
        first = done.results[0] if len(done.results) == 1 else None
        if first is not None and first.refused:
            raise RefusedOrderError(f"{first.participant} {first.refused}")
        here = sum(self._stages.peer(label) is not None for label in labels)
        detail = str(here) if do == "message" else "" if first is None else first.code
        return Done(order.do, detail)

    def _stop(self, peer: Peer, now: float) -> Done:
        self._driver.apply(StudyStopped(peer.name), now)
        return Done("stop")

    def _start(self, peer: Peer, message: StartNow, now: float) -> Done:
        self._driver.apply(StartRequested(self._closed_gate(message.number), peer.name), now)
        return Done("start-now")

    def _start_at(self, peer: Peer, message: StartAt, now: float) -> Done:
        now_utc = time.time()  # noqa: TID251  # a driver
        try:
            utc = next_time(message.at, now_utc) if message.at else None
        except ValueError as error:
            raise RefusedOrderError(str(error)) from None
        self._driver.apply(StartPlanned(self._closed_gate(message.number), utc, peer.name), now)
        return Done("start-at", "" if utc is None else shown_time(utc))

    def _closed_gate(self, number: int) -> int:
        """Return the place of a stage, unless it is a gate that is open."""
        gate = self._driver.itinerary.gates.get(number - 1)
        if gate is not None and gate.state != "closed":
            raise RefusedOrderError(f"the gate of stage {number} is open already")
        return number - 1

    def _attempt(self, peer: Peer, attempt: Callable[[], ToClient]) -> None:
        """Send the reply to an order, or why it was refused."""
        try:
            reply = attempt()
        except (RefusedOrderError, InvalidEventError) as error:
            self._refuse(peer, str(error).partition("\n")[0])
        else:
            self._driver.send(peer, reply)

    def _refuse(self, peer: Peer, why: str) -> None:
        self._driver.send(peer, Error("request", why, fatal=False))
