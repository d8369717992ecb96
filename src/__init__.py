"""OccuPy: estimate local occupancy in a cryo-EM map, and equalise it.

The same package is a ChimeraX bundle (the `occupy` commands), a Python library and the
home of the `occupy` shell program. Nothing is imported before it is used::

    import chimerax.occupy as occupy
    estimate = occupy.estimate(density, voxel_size=1.06)    # .scale .full_scale .solvent
    solvent = occupy.fit_solvent(density, voxel_size=1.06)  # .mean .sigma .confidence(values)
    equalized = occupy.equalize(density, voxel_size=1.06)   # mode="occupancy": as published
    groups, notes = occupy.make_groups(positions, elements, chains)
    refinement = occupy.refine(density, 1.06, groups)       # .rows: .group .occupancy .b_shift
"""

from importlib import import_module

try:
    from chimerax.core.toolshed import BundleAPI
except ImportError:
    BundleAPI = None

_MODULE_OF = {
    "estimate": "engine.scale.estimate",
    "fit_solvent": "engine.scale.estimate",
    "common_full_scale": "engine.scale.estimate",
    "occupancy_of": "engine.scale.regions",
    "values_at": "engine.scale.regions",
    "mask_region": "engine.scale.regions",
    "published_occupancy": "engine.scale.regions",
    "Estimate": "engine.scale.result",
    "equalize": "engine.modification.modify",
    "attenuate": "engine.modification.modify",
    "sigmoid": "engine.modification.modify",
    "modify": "engine.modification.modify",
    "without_solvent": "engine.modification.modify",
    "Modification": "engine.modification.result",
    "Modifier": "engine.modification.modifier",
    "Limits": "engine.modification.limits",
    "make_mask": "engine.modification.masks",
    "refine": "engine.refinement.refine",
    "Refiner": "engine.refinement.refine",
    "Refinement": "engine.refinement.result",
    "GroupOccupancy": "engine.refinement.result",
    "refine_maps": "engine.matrix.occupancies",
    "MatrixBox": "engine.matrix.occupancies",
    "Reading": "engine.matrix.occupancies",
    "occupancy_matrix": "engine.matrix.occupancies",
    "OccupancyMatrix": "engine.matrix.result",
    "Populations": "engine.matrix.populations",
    "told_populations": "engine.ensemble.populations",
    "with_shares": "engine.ensemble.shares",
    "Wanted": "engine.ensemble.subsets",
    "chosen_maps": "engine.ensemble.subsets",
    "read_particles": "particles.files",
    "write_particles": "particles.files",
    "Particles": "particles.result",
    "read_matrix": "particles.matrices",
    "subset_of": "particles.subset",
    "pairs_of": "engine.ensemble.pairs",
    "Pairs": "engine.ensemble.pairs",
    "assembly_of": "engine.ensemble.assembly",
    "Assembly": "engine.ensemble.assembly",
    "guided_scale": "engine.refinement.guided",
    "unexplained_density": "engine.refinement.unexplained",
    "GuidedScale": "engine.refinement.guided",
    "make_groups": "engine.refinement.groups",
    "symmetric_groups": "engine.refinement.symmetry",
    "Group": "engine.refinement.groups",
    "SolventModel": "engine.solvent.model",
    "SETTINGS": "engine.settings.table",
    "OccuPyError": "engine.errors",
    "SettingError": "engine.errors",
    "Cancelled": "engine.errors",
}

__all__ = [*_MODULE_OF, "__version__"]


def __getattr__(name):
    if name == "__version__":
        from importlib.metadata import version

        return version("ChimeraX-OccuPy")
    if name in _MODULE_OF:
        return getattr(import_module("." + _MODULE_OF[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])


_WINDOWS = {
    "OccuPy panel": ("tool.panel", "OccuPyPanel"),
    "OccuPy matrix": ("tool.matrix.window", "MatrixWindow"),
    "OccuPy occupancies": ("commands.plot", "OccupancyPlot"),
    "OccuPy flexibility": ("commands.plot", "FlexibilityPlot"),
}
"""By what a session's metadata call it: module and class of each window that sessions keep."""

if BundleAPI is not None:

    class _OccuPyBundle(BundleAPI):
        """What ChimeraX asks of the bundle."""

        api_version = 1

        @staticmethod
        def register_command(bi, ci, logger):
            from . import commands

            commands.register(ci.name, logger)

        @staticmethod
        def start_tool(session, bi, ti):
            from .tool.panel import OccuPyPanel

            return OccuPyPanel.get_singleton(session)

        @staticmethod
        def run_provider(session, name, manager, **_):
            from .tool.toolbar import run_button

            run_button(session, name)

        @staticmethod
        def initialize(session, bi):
            from .commands.cite import cite_once
            from .commands.triggers import MATRIX_SHOWN

            session.triggers.add_trigger(MATRIX_SHOWN)
            _OccuPyBundle.handlers = [
                session.triggers.add_handler(MATRIX_SHOWN, lambda _, shown: _show_matrix(session, shown)),
                session.triggers.add_handler("end restore session", _bring_windows_back),
            ]
            cite_once(session)
            if session.ui.is_gui:
                from .tool.context_menu import add_context_menu

                add_context_menu()

        @staticmethod
        def finish(session, bi):
            from .commands.triggers import MATRIX_SHOWN

            for handler in _OccuPyBundle.handlers:
                handler.remove()
            session.triggers.delete_trigger(MATRIX_SHOWN)

    def _show_matrix(session, shown):
        from .tool.matrix.window import show_matrix

        show_matrix(session, shown)

    def _bring_windows_back(_, session):
        """Open the windows that were open when a session was saved."""
        from .commands.sessions import is_kept

        for key, (module, name) in _WINDOWS.items():
            if session.ui.is_gui and is_kept(session, key):
                getattr(import_module("." + module, __name__), name).bring_back(session)

    bundle_api = _OccuPyBundle()
