"""Arrays in, arrays out: NumPy and SciPy only, no ChimeraX, no files, no plotting."""
