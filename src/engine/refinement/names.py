"""Names of groups where they are shown: short where their models and residues allow it."""

import re

_MODEL = re.compile(r"#[\d.]+(?=[/:@])")
_RESIDUES = re.compile(r"(.+):((-?\d+)\w?)(?:-(-?\d+\w?))?")
"""A chain, its first residue, the number of that, its last residue."""


def labels_of(groups):
    """What groups are called where they are shown.

    Parameters
    ----------
    groups : list of str
        As they are typed, in ChimeraX specifiers such as #2/A.

    Returns
    -------
    dict of str to str
        By their names: /A in place of #2/A where all are of one model.
    """
    models = {found[0] for found in map(_MODEL.match, groups) if found}
    labels = {name: _MODEL.sub("", name, 1) if _MODEL.match(name) else name for name in groups}
    if len(models) != 1 or any("#" in label for label in labels.values()) or len(set(labels.values())) < len(labels):
        return {name: name for name in groups}
    return labels


def joined_along_chains(chosen, groups):
    """Names of groups in which segments that follow each other along a chain are one.

    Parameters
    ----------
    chosen : list of str
        Some of the groups.
    groups : list of str
        All of them. Segments follow each other where no other one is between them; all those of a chain are called by
        the chain.

    Returns
    -------
    dict of str to list of str
        The groups that each stands for, in the order of the first.
    """
    chains = {}
    for name in groups:
        found = _RESIDUES.fullmatch(name)
        if found:
            chains.setdefault(found[1], []).append((int(found[3]), name))
    run_of, chosen = {}, list(chosen)
    wanted = set(chosen)
    for chain, members in chains.items():
        for run in _runs([name for _, name in sorted(members)], wanted):
            whole = len(run) == len(members) > 1 and chain not in groups
            run_of |= dict.fromkeys(run, (chain if whole else _span(run), run))
    return dict(run_of.get(name, (name, [name])) for name in chosen)


def _runs(names, wanted):
    """The longest rows of wanted names."""
    runs = [[]]
    for name in names:
        if name in wanted:
            runs[-1].append(name)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _span(run):
    """The name of segments from the first to the last."""
    if len(run) == 1:
        return run[0]
    chain, first, *_ = _RESIDUES.fullmatch(run[0]).groups()
    _, start, _, end = _RESIDUES.fullmatch(run[-1]).groups()
    return f"{chain}:{first}-{end or start}"
