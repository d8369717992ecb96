"""Files of particles, as programs for classification write them: read for the class of each, and written in part.

Read `result` first, what is read; then `star`, `cryosparc` and `tables`, a kind of file each, and `files`, which
chooses among them. `lines` is what files of text share.
"""
