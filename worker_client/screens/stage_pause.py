"""Stages in which nothing is to be done: the gate, a break, and a pause."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Vertical
from textual.content import Content

from clamshell_tui.formats import clock, price
from clamshell_tui.wire.study_messages import BreakShown, GateShown
from worker_client.screens.frame import Keys
from worker_client.screens.stage_frame import StageFrame
from worker_client.widgets.lines import SteadyText, bar

_BAR = 40


class GateScreen(StageFrame):
    """How many are here and how many are missing; it opens by itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *StageFrame.BINDINGS,
        Binding("l", "leave_gate", "Leave", id="leave-gate"),
    ]

    def body(self) -> ComposeResult:
        with Center(classes="middle"), Vertical(classes="card"):
            yield SteadyText(id="title", classes="title", markup=False)
            yield SteadyText(id="present", markup=False)
            yield SteadyText(id="owed", markup=False)
            yield SteadyText(id="left", markup=False)
            yield SteadyText(self.texts("gate.advice"), id="advice", markup=False)

    def keys(self) -> Keys:
        shown = self.stage.shown if self.stage is not None else None
        leave = isinstance(shown, GateShown) and shown.may_leave
        offered = [("l", self.texts("gate.leave"))] if leave else []
        return [*offered, *super().keys()]

    def show_body(self, now: float) -> None:
        stage = self.stage
        if stage is None or not isinstance(stage.shown, GateShown):
            return
        gate = stage.shown
        title = self.part(self.texts("gate.title"))
        self.query_one("#title", SteadyText).update(Content(title))
        self.query_one("#present", SteadyText).update(self._present(gate))
        self.query_one("#owed", SteadyText).update(self._owed(gate, now))
        left = gate.seconds - (now - stage.since) * self.session.account.speed
        text = self.texts(f"gate.left_{gate.otherwise}", time=clock(left)) if left > 0 else ""
        text = self.texts("gate.may_leave") if gate.may_leave else text
        line = self.query_one("#left", SteadyText)
        line.update(Content.styled(text, "bold" if gate.may_leave else "$text-muted"))
        line.display = bool(text)

    def _present(self, gate: GateShown) -> Content:
        """How many are here and are missing; the time of day, if that opens the gate."""
        if gate.starts:
            starts = self.texts("gate.starts", time=gate.starts, present=gate.present)
            return Content.styled(starts, "bold")
        missing = max(0, gate.needed - gate.present)
        share = gate.present / max(1, gate.needed)
        here = self.texts("gate.present", present=gate.present, needed=gate.needed)
        more = (
            self.texts("gate.missing", count=missing) if missing else self.texts("stage.one_moment")
        )
        return Content.assemble((here, "bold"), f" {more}\n", bar(min(1.0, share), _BAR))

    def action_leave_gate(self) -> None:
        shown = self.stage.shown if self.stage is not None else None
        if not isinstance(shown, GateShown) or not shown.may_leave:
            return
        self.app.push_screen(self.sure("gate"), self._sure)

    def _sure(self, sure: bool | None) -> None:
        self.act(self.session.leave_gate() if sure else [])

    def _owed(self, gate: GateShown, now: float) -> Content:
        currency = self.session.currency
        amount = self.session.amount(self.session.account.owed_at(now))
        parts: list[str | tuple[str, str]] = [
            f"{self.texts('gate.owed')}: ",
            (amount, "bold $text-success"),
        ]
        if not self.session.connected:
            why = (self.texts("gate.not_paid_lost"), "$text-warning bold")
        elif gate.micros_per_minute:
            rate = price(gate.micros_per_minute, currency, self.texts.numerals)
            why = (self.texts("gate.paid", rate=rate), "")
        else:
            why = (self.texts("gate.unpaid"), "$text-muted")
        return Content.assemble(*parts, "\n", why)


class BreakScreen(StageFrame):
    """A break that the participant ends with Enter, or a pause that an operator ends."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *StageFrame.BINDINGS,
        Binding("enter", "go_on", "Go on", id="go-on"),
    ]

    def body(self) -> ComposeResult:
        with Center(classes="middle"), Vertical(classes="card"):
            yield SteadyText(id="title", classes="title", markup=False)
            yield SteadyText(id="advice", markup=False)
            yield SteadyText(id="time", markup=False)
            yield SteadyText(id="how", markup=False)

    def keys(self) -> Keys:
        go_on = [self.enter("hint.go_on")] if self._own else []
        return [*go_on, *super().keys()]

    @property
    def _own(self) -> bool:
        return self.stage is not None and isinstance(self.stage.shown, BreakShown)

    def show_body(self, now: float) -> None:
        stage = self.stage
        if stage is None:
            return
        texts = ("title", "text", "go_on") if self._own else ("paused", "paused_text", "")
        title, text, how = (self.texts(f"break.{key}") if key else "" for key in texts)
        self.query_one("#title", SteadyText).update(Content(self.part(title)))
        self.query_one("#advice", SteadyText).update(Content(text))
        self.query_one("#how", SteadyText).update(Content.styled(how, "bold"))
        time = self.query_one("#time", SteadyText)
        time.display = self._own
        taken = clock((now - stage.since) * self.session.account.speed)
        rate = stage.shown.micros_per_minute if isinstance(stage.shown, BreakShown) else 0
        amount = price(rate, self.session.currency, self.texts.numerals)
        paid = self.texts("break.paid", rate=amount) if rate else ""
        so_far = (taken, "bold $text-primary")
        time.update(Content.assemble(f"{self.texts('break.time')}: ", so_far, f"\n{paid}"))

    def action_go_on(self) -> None:
        if self._own and self.counts():
            self.act(self.session.go_on())
