"""Names of the bundle's own triggers, in a module that costs nothing when ChimeraX starts."""

MATRIX_SHOWN = "occupy matrix shown"
"""By which a command has its matrix shown in a window; it brings the `ShownMatrix`."""
