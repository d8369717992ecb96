"""The figures that all doors show; Matplotlib is imported when the first is drawn.

Read `palette` first, the colors of occupancy; then `style`, what figures share; `solvent`, `occupancies`, `heatmap` and
`maps` draw what they are named after, on axes that are there or as figures of their own.
"""
