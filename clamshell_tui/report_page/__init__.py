"""A run as one HTML page that can be read, printed and attached: the appendix of a paper.

:func:`read_material` replays a run file, :func:`sections` makes of it what the page shows with the
data behind each figure, :func:`page` writes it down, ``output`` puts it all on the disk.
"""

from clamshell_tui.report_page.material import Material, read_material
from clamshell_tui.report_page.page import page, sections

__all__ = ["Material", "page", "read_material", "sections"]
