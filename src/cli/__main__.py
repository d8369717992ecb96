"""`python -m chimerax.occupy.cli` is the `occupy` program."""

import sys

from . import main

sys.exit(main())
