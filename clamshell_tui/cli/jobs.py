"""The option ``--jobs`` of commands that run simulations in several processes."""

import os
from collections.abc import Callable
from typing import Any

import click


def jobs_option(remark: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--jobs``, as the parameter of :func:`processes`; its help ends with ``remark``."""
    return click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(1, 1024),
        help=f"Run in N processes (default: one for each core). {remark}".rstrip(),
    )


def processes(jobs: int | None) -> int:
    """How many the option means."""
    return jobs or os.cpu_count() or 1
