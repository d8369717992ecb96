"""Files of particles, as programs for classification write them: read for the class of each, and written in part.

Read `result` first, what is read; then `star`, `cryosparc` and `tables`, a kind of file each, and `files`, which
chooses among them; `matrices`, where the matrix is by which particles are chosen, and `subset`, which these are.
`lines` is what files of text share.
"""
