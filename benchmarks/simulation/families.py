"""The molecules of which maps are made, from the PDB and of ideal helices; and where files of the PDB and EMDB lie."""

from pathlib import Path

from . import complexes, vacuum

BBSOME, BUNDLES, COMPLEX = "BBSome", "bundles", "RNA and protein"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
BBSOME_MODEL = DATA / "8zzi.cif.gz"


def families():
    """Functions that make the molecule of a turn, with hydrogens, by name, and in sentences what is missing."""
    made = {
        BUNDLES: lambda turn: complexes.bundles(len(vacuum.OCCUPANCIES), BUNDLES, seed=turn),
        COMPLEX: lambda turn: complexes.ribonucleoprotein(COMPLEX, seed=turn),
    }
    if problems := missing(BBSOME_MODEL):
        return made, problems
    return {BBSOME: lambda _: complexes.read_complex(BBSOME_MODEL, BBSOME)} | made, []


def missing(*paths):
    """In a sentence, which of these files are not there; else an empty list."""
    names = [path.name for path in paths if not path.exists()]
    verb = "are" if len(names) > 1 else "is"
    return [f"{' and '.join(names)} {verb} not in {DATA.name} beside the repository"] if names else []
