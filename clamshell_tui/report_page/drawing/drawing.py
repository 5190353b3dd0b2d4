"""An SVG picture that is being drawn: shapes, lines and words, in the order in which they come."""

from collections.abc import Iterable, Sequence

from clamshell_tui.report_page.markup import Markup, element, number

Point = tuple[float, float]

WIDTH = 720.0
LETTER = 5.7  # pixels: the mean width of a letter of a label, to leave room for words

_HALF = 0.5
_HALF_LINE = 0.65  # pixels: half of the outline of what is hollow


class Drawing:
    """:data:`WIDTH` pixels wide, as high as it was said to reach; ``title`` is read out."""

    def __init__(self, title: str) -> None:
        self.height = 0.0
        self._title = title
        self._parts: list[Markup] = []

    def svg(self) -> Markup:
        """The element; it takes the width that the page gives it."""
        return element(
            "svg",
            element("title", self._title),
            *self._parts,
            viewBox=f"0 0 {number(WIDTH)} {number(self.height)}",
            role="img",
            xmlns="http://www.w3.org/2000/svg",
        )

    def reach(self, y: float) -> None:
        """The drawing goes down to there, at least."""
        self.height = max(self.height, y)

    def text(self, x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> None:
        """``y`` is the base line; ``anchor`` is ``start``, ``middle`` or ``end``."""
        kind = None if anchor == "start" else anchor
        self._add(
            element(
                "text", words, x=number(x), y=number(y), text_anchor=kind, class_=class_ or None
            )
        )

    def sideways(self, x: float, y: float, words: str) -> None:
        """A word that runs upwards, with its middle there: the title of a vertical axis."""
        turn = f"translate({number(x)} {number(y)}) rotate(-90)"
        self._add(element("text", words, transform=turn, text_anchor="middle", class_="axis"))

    def line(self, start: Point, end: Point, class_: str) -> None:
        """A straight line."""
        (x1, y1), (x2, y2) = start, end
        self._add(element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_))

    def curve(self, points: Sequence[Point], class_: str) -> None:
        """Straight from point to point."""
        if points:
            places = " ".join([f"{number(x)},{number(y)}" for x, y in points])
            self._add(element("polyline", points=places, class_=class_))

    def stairs(self, points: Sequence[Point], class_: str) -> None:
        """Level from each point to the next, then up or down; steps too small to be seen merge."""
        if not points:
            return
        path = [f"M{number(points[0][0])} {number(points[0][1])}"]
        x, y = points[0]
        for at, level in points[1:]:
            if at - x < _HALF and level != points[-1][1]:
                y = level
                continue
            path.append(f"V{number(y)}H{number(at)}V{number(level)}")
            x, y = at, level
        self._add(element("path", d="".join(path), class_=class_))

    def bars(self, boxes: Iterable[tuple[float, float, float, float]], class_: str) -> None:
        """Rectangles ``(x, y, width, height)`` of one kind, as one path: thousands stay small.

        Hollow ones (``h-``) keep their outline within.
        """
        inset = _HALF_LINE if class_.startswith("h-") else 0.0
        path = [_rectangle(*box, inset) for box in boxes]
        if path:
            self._add(element("path", d="".join(path), class_=class_))

    def marks(self, shape: str, points: Iterable[Point], class_: str, size: float = 3.2) -> None:
        """Signs of one kind, with their middles there; see :data:`SHAPES`."""
        outline = SHAPES[shape]
        path: list[str] = []
        for x, y in points:
            path.append(f"M{number(x + outline[0][0] * size)} {number(y + outline[0][1] * size)}")
            path += [f"L{number(x + a * size)} {number(y + b * size)}" for a, b in outline[1:]]
            path.append("z")
        if path:
            self._add(element("path", d="".join(path), class_=class_))

    def _add(self, part: Markup) -> None:
        self._parts.append(part)


def _rectangle(x: float, y: float, width: float, height: float, inset: float) -> str:
    width, height = max(0.1, width - 2 * inset), max(0.1, height - 2 * inset)
    start = f"M{number(x + inset)} {number(y + inset)}"
    return f"{start}h{number(width)}v{number(height)}h{number(-width)}z"


_OCTAGON = ((1, 0.41), (0.41, 1), (-0.41, 1), (-1, 0.41), (-1, -0.41), (-0.41, -1), (0.41, -1))

SHAPES: dict[str, Sequence[Point]] = {
    "circle": (*_OCTAGON, (1, -0.41)),
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "triangle": ((0, -1.3), (1.2, 0.9), (-1.2, 0.9)),
    "right": ((-0.9, -1.2), (1.3, 0), (-0.9, 1.2)),
    "tick": ((-0.25, -1.4), (0.25, -1.4), (0.25, 1.4), (-0.25, 1.4)),
}
"""Outlines of about two units; a sign tells without its colour."""
