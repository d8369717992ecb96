"""What can be set, and what is given: one table of settings, its defaults, and the checks of both.

Read `kinds` first, the kinds of modification, and `setting`, what one setting is; then `table`, all of them; `checks`,
of what a user gave; `defaults`, which depend on the map; `inputs`, the checks of maps themselves.
"""
