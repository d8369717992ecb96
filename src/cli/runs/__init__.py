"""Runs over many maps: one after another or by workers, kept, told of and gone on with.

Read `running` first, how a run goes; then `work`, the maps of it; `task`, one of them, in this process or another;
`workers` and `cluster`, the processes that share them; `resume`, what is made already; `summary` and `summary_page`.
"""
