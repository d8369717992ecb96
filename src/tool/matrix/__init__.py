"""The window of a matrix of occupancies.

Read `window`, then `figure_tab`: each tab of the window is a figure, one module each, such as `heat_tab`; another is a
class beside it and a line in `window.TABS`. What a click or a menu does is composed as commands in `actions`, and maps
of sets in `averages`.
"""
