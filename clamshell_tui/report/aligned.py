"""Rows of text as aligned lines; where they are too long for a terminal, in parts."""

from collections.abc import Collection, Iterator, Sequence

_GAP = "  "


def aligned(
    rows: Sequence[Sequence[str]],
    *,
    left: Collection[int] = (0,),
    names: int = 1,
    tied: Collection[int] = (),
    width: int | None = None,
) -> Iterator[str]:
    """Lines of ``rows``, all of as many cells, the columns of ``left`` aligned to the left.

    Lines of more than ``width`` characters come in parts: each has the first ``names`` columns, and
    as many of the others as there is room for. A column of ``tied`` stays with the one before it.
    """
    columns = []
    for place, column in enumerate(zip(*rows, strict=True)):
        widest = max(map(len, column))
        align = str.ljust if place in left else str.rjust
        columns.append([align(text, widest) for text in column])
    widths = [len(column[0]) + len(_GAP) for column in columns]
    for number, part in enumerate(_parts(widths, names, tied, width)):
        if number:
            yield ""
        for line in zip(*(columns[place] for place in part), strict=True):
            yield _GAP.join(line).rstrip()


def _parts(
    widths: Sequence[int], names: int, tied: Collection[int], width: int | None
) -> Iterator[list[int]]:
    """Places of the columns that stand side by side."""
    first = list(range(names))
    part, place = first, names
    while place < len(widths):
        together = [place, place + 1] if place + 1 in tied else [place]
        wide = sum(widths[each] for each in [*part, *together]) - len(_GAP)
        if width is not None and wide > width and part != first:
            yield part
            part = first
        part = part + together
        place += len(together)
    yield part
