"""What the operator's screens are made of: plain data in, messages out, no idea of an engine.

Everything that moves is drawn on Textual's line API and repaints only the lines that changed, as a
stock table or plot costs a screen ten times as much. What is handed over is frozen; texts are data
(never markup, made harmless here); styles are inks, see :mod:`.palette`.

========================  ============================================================
:class:`LiveTable`        rows with a key, sorted, in sections
:class:`Plot`             lines, steps and points on two axes
:class:`Gantt`            bars over time, from a :class:`GanttSource`
:class:`Sparkline`        how a series went, in a line or a few
:class:`Meter`            how much of something is in which state
:class:`Facts`            label, value, note, small curve
:class:`BarList`          horizontal bars with labels
:class:`ConfusionMatrix`  which class is taken for which
========================  ============================================================
"""

from clamshell_tui.operator_app.widgets.bar_index import BarIndex
from clamshell_tui.operator_app.widgets.bar_list import BarItem, BarList
from clamshell_tui.operator_app.widgets.columns import Column
from clamshell_tui.operator_app.widgets.confusion import ConfusionMatrix
from clamshell_tui.operator_app.widgets.facts import Fact, Facts
from clamshell_tui.operator_app.widgets.gantt import Gantt
from clamshell_tui.operator_app.widgets.gantt_source import Bar, GanttRow, GanttSource, Kind, Mark
from clamshell_tui.operator_app.widgets.glyphs import ASCII, UNICODE, Glyphs
from clamshell_tui.operator_app.widgets.live_table import LiveTable, Section
from clamshell_tui.operator_app.widgets.meter import Meter, Part
from clamshell_tui.operator_app.widgets.plot import Plot
from clamshell_tui.operator_app.widgets.plot_data import Figure, Guide, Series
from clamshell_tui.operator_app.widgets.sparkline import Sparkline

__all__ = [
    "ASCII",
    "UNICODE",
    "Bar",
    "BarIndex",
    "BarItem",
    "BarList",
    "Column",
    "ConfusionMatrix",
    "Fact",
    "Facts",
    "Figure",
    "Gantt",
    "GanttRow",
    "GanttSource",
    "Glyphs",
    "Guide",
    "Kind",
    "LiveTable",
    "Mark",
    "Meter",
    "Part",
    "Plot",
    "Section",
    "Series",
    "Sparkline",
]
