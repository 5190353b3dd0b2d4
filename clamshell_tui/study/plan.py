"""The plan of a study: everything that its itinerary and its pay depend on.

It is kept whole in ``study.db``, so that a replay needs neither the study file nor the data.
"""

from typing import Annotated

from msgspec import Meta, Struct

from clamshell_tui.formats import coin_decimals
from clamshell_tui.study.config import ConsentStage, PaymentConfig, StageConfig

MICROS = 1_000_000  # of one unit of the currency
Positive = Annotated[int, Meta(ge=1)]


class Guest(Struct, frozen=True):
    """An invited participant; ``condition`` is None if it is to be drawn."""

    label: str
    condition: str | None = None
    stratum: str = ""


class Arm(Struct, frozen=True):
    """A condition, with its share of the participants relative to the other weights."""

    name: str
    weight: Positive = 1


class KnownAnswer(Struct, frozen=True):
    """A record of the training or the qualification, with the number of its true class."""

    record: str
    answer: int


class Bonus(Struct, frozen=True):
    """Pays ``micros`` to those who fulfil ``condition``, such as ``checks.accuracy >= 0.9``."""

    micros: int
    condition: str


class PayRules(Struct, frozen=True):
    """Amounts in micros of the currency. ``round_up_to`` is at least the smallest coin."""

    currency: str = "USD"
    show_up: int = 0
    per_minute: int = 0  # of gates and paid stages, the same in all conditions
    hourly_floor: int = 0
    minimum: int = 0
    maximum: int | None = None
    round_up_to: Positive = MICROS // 100
    bonus: tuple[Bonus, ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """Parts of a study that the itinerary needs."""

    stages: tuple[StageConfig, ...]
    conditions: tuple[Arm, ...] = (Arm("all"),)
    seed: int = 1
    grace: float = 900.0  # s that the place of an absent participant is kept
    pay: PayRules = PayRules()
    guests: tuple[Guest, ...] = ()
    pages: tuple[int, ...] = ()  # pages by stage, where it has instructions; missing: 1
    training: tuple[KnownAnswer, ...] = ()
    qualification: tuple[KnownAnswer, ...] = ()

    @property
    def asks_consent(self) -> bool:
        """Whether there is a consent stage; otherwise who arrives takes part."""
        return any(isinstance(stage, ConsentStage) for stage in self.stages)

    def pages_of(self, stage: int) -> int:
        """Return the number of pages of a stage."""
        return self.pages[stage] if stage < len(self.pages) else 1

    def known(self, stage: int) -> tuple[KnownAnswer, ...]:
        """Return the records that a stage asks: none but for training and qualification."""
        match self.stages[stage].kind:
            case "training":
                return self.training
            case "qualification":
                return self.qualification
        return ()


def pay_rules(payment: PaymentConfig, per_minute: float) -> PayRules:
    """Return the amounts in micros; ``per_minute`` is in units of the currency."""
    return PayRules(
        payment.currency,
        micros(payment.show_up),
        micros(per_minute),
        micros(payment.hourly_floor),
        micros(payment.minimum),
        None if payment.maximum is None else micros(payment.maximum),
        max(coin(payment.currency), micros(payment.round_up_to)),
        tuple(Bonus(micros(each.amount), each.condition) for each in payment.bonus),
    )


def micros(amount: float) -> int:
    """Return an amount in micros of its currency, rounded to the nearest."""
    return round(amount * MICROS)


def coin(currency: str) -> int:
    """Return the smallest coin of a currency in micros: one unit, or a hundredth of it."""
    return int(MICROS // 10 ** coin_decimals(currency))
