"""Figures as SVG, drawn by ourselves: no other package is needed, and none is asked.

:class:`Drawing` collects elements, :class:`Plot` has two axes; colours are classes that the page's
style sheet fills in, once for light and once for dark ground.
"""

from clamshell_tui.report_page.drawing.drawing import Drawing
from clamshell_tui.report_page.drawing.legend import Entry, legend
from clamshell_tui.report_page.drawing.plot import Plot
from clamshell_tui.report_page.drawing.scale import Scale, counting, linear, logarithmic, passing

__all__ = [
    "Drawing",
    "Entry",
    "Plot",
    "Scale",
    "counting",
    "legend",
    "linear",
    "logarithmic",
    "passing",
]
