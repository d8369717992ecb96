"""The figures that all doors show, and their colors; Matplotlib is imported when the first is drawn."""
