"""The order of assembly: what comes only with what."""

from functools import cached_property

from ...engine.ensemble.assembly import assembly_of
from ...figures.assembly import draw_assembly, node_text
from .figure_tab import FigureTab


class AssemblyTab(FigureTab):
    """The graph of the order of assembly; a click on a node selects its groups.

    Attributes
    ----------
    drawn : DrawnAssembly or None
        None before it is drawn.
    """

    title, saved_as = "Assembly", "occupancy_assembly.png"

    def __init__(self, owner):
        super().__init__(owner)
        self.drawn = None

    @cached_property
    def assembly(self):
        """The order that is drawn, found when the tab is looked at first: of hundreds of maps it takes a second."""
        return assembly_of(self.owner.matrix)

    def draw_on(self, figure):
        drawn = draw_assembly(figure, self.assembly)
        if figure is self.figure:
            self.drawn = drawn

    def text_at(self, event):
        node = self._node(event)
        return "" if node is None else node_text(self.assembly, node)

    def clicked(self, event):
        node = self._node(event)
        if node is not None:
            groups = self.owner.matrix.groups
            self.owner.select([groups.index(name) for name in self.assembly.nodes[node].groups])

    def _node(self, event):
        if self.drawn is None or event.inaxes is not self.drawn.axes:
            return None
        return self.drawn.node_at(event.xdata, event.ydata)
