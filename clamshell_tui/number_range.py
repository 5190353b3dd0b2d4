"""The type of numeric options of both programs' command lines."""

from math import isfinite
from typing import Any

import click


class NumberRange(click.FloatRange):
    """A range of finite numbers; click's lets NaN through, as NaN is never out of range."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{number} is no number to work with.", param, ctx)
        return number


class SpeedRange(NumberRange):
    """How many times as fast as the wall clock: ``20x`` or ``20``, above 0 and up to 1000."""

    def __init__(self) -> None:
        super().__init__(0, 1000, min_open=True)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return super().convert(str(value).removesuffix("x"), param, ctx)
        except click.BadParameter:
            self.fail(f'"{value}" is not a speed; write 20x, at most 1000x', param, ctx)
