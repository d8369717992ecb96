"""The OccuPy panel of ChimeraX: it composes commands and runs them; no mathematics here."""
