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
