"""How particles are shared among maps: counted in classes, which are matched to maps, or told by hand."""

import re

import numpy as np

from ..errors import OccuPyError
from ..matrix.populations import Populations
from ..matrix.sets import listed

_ENDING = re.compile(r"(\.(mrc|map|ccp4|rec))?(\.(gz|bz2))?$", re.IGNORECASE)
_BY_HAND = "expected classes given by hand, one for each map in their order"


def told_populations(maps, numbers):
    """Populations as somebody says them.

    Parameters
    ----------
    maps : list of str
    numbers : sequence of float
        One for each map: shares, percentages or particles.

    Returns
    -------
    Populations
        Without a count: from it no error of counting follows.

    Raises
    ------
    OccuPyError
        If they are not as many as the maps, or cannot be shares.
    """
    if len(numbers) != len(maps):
        raise OccuPyError(f"there are {len(numbers)} populations for {len(maps)} maps; expected one for each")
    weights = np.asarray(numbers, float)
    bad = [f"{weight:g}" for weight in weights if not (np.isfinite(weight) and weight >= 0)]
    if bad:
        raise OccuPyError(f"a population is {bad[0]}; expected numbers of 0 or more")
    if not weights.sum() > 0:
        raise OccuPyError("all populations are 0; expected one above 0")
    return Populations(list(maps), weights / weights.sum())


def counted(maps, classes, totals, products, chosen):
    """Populations of maps from the particles in classes.

    Parameters
    ----------
    maps : list of str
    classes : list
        All classes of the particles.
    totals : array of float, shape (classes,)
        Particles in each, or sums of posteriors.
    products : array of float, shape (classes, classes)
        Sums of products of the posteriors of two classes; without posteriors the totals along the diagonal.
    chosen : list
        The class of each map, as of `matched`, or said by hand.

    Returns
    -------
    Populations

    Raises
    ------
    OccuPyError
        If there is not one class of the particles for each map, or a map has no particles.
    """
    _check_chosen(maps, classes, chosen)
    columns = [classes.index(number) for number in chosen]
    particles = np.asarray(totals, float)[columns]
    empty = [f"{name} (class {number})" for name, number, n in zip(maps, chosen, particles, strict=True) if not n > 0]
    if empty:
        raise OccuPyError(f"no particles are in {listed(empty)}; expected maps of classes that have particles")
    weights, whole = particles / particles.sum(), float(np.sum(totals))
    count = float(particles.sum() ** 2 / np.asarray(products)[np.ix_(columns, columns)].sum())
    return Populations(list(maps), weights, particles, count, list(chosen), max(0.0, 1 - particles.sum() / whole))


def _check_chosen(maps, classes, chosen):
    if len(chosen) != len(maps):
        raise OccuPyError(
            f"there are {len(chosen)} classes for {len(maps)} maps; expected one for each, in their order"
        )
    twice = [number for number in chosen if chosen.count(number) > 1]
    if twice:
        raise OccuPyError(f"class {twice[0]} is given to {chosen.count(twice[0])} maps; expected each class once")
    unknown = [number for number in chosen if number not in classes]
    if unknown:
        raise OccuPyError(
            f"no particles are in class {listed(unknown)}, of {listed([maps[chosen.index(n)] for n in unknown])}; "
            f"the classes of the particles are {listed(classes)}"
        )


def matched(names, classes):
    """The class of each map, by the numbers in their names.

    Parameters
    ----------
    names : list of str
        Of the maps, such as run_it025_class003 or cryosparc_P1_J23_class_02_00042_volume.
    classes : list of int or of str
        All classes of the particles: numbers, or names of maps.

    Returns
    -------
    list
        Of the classes, in the order of the maps.

    Raises
    ------
    OccuPyError
        If the classes do not belong to the maps in one way only: no number of the names, or none in one place, is
        that of the classes.
    """
    if any(isinstance(number, str) for number in classes):
        return _matched_by_name(names, classes)
    fields = _differing_fields(names)
    ways = [field for field in fields if len(set(field)) == len(field) and set(field) == set(classes)]
    if not ways:
        raise OccuPyError(_why_none(names, fields, classes))
    if any(way != ways[0] for way in ways):
        one, other = (f"class {way[0]}" for way in (ways[0], next(way for way in ways if way != ways[0])))
        raise OccuPyError(f"by the numbers in its name {names[0]} may be {one} or {other}; {_BY_HAND}")
    return ways[0]


def _matched_by_name(names, classes):
    classes_of, called = {_called(label): label for label in classes}, [_called(name) for name in names]
    if len(classes_of) < len(classes) or len(set(called)) < len(called):
        raise OccuPyError(f"among {listed(names)} and {listed(classes)} two maps have one name; {_BY_HAND}")
    _refuse_others(
        [label for name, label in classes_of.items() if name not in called],
        [name for name in called if name not in classes_of],
    )
    return [classes_of[name] for name in called]


def _called(name):
    """The name of a map's file without folder and ending."""
    return without_ending(re.split(r"[/\\]", str(name))[-1])


def without_ending(name):
    """The name of a map or mask without the ending of its file."""
    return _ENDING.sub("", name)


def _differing_fields(names):
    """Numbers that differ among names: for each place in the names that has one, those of all names."""
    numbers = [[int(digits) for digits in re.findall(r"[0-9]+", name)] for name in names]
    if len({len(found) for found in numbers}) > 1:
        raise OccuPyError(f"the names of the maps hold different numbers of numbers, as {_unlike(names)}; {_BY_HAND}")
    fields = [list(field) for field in zip(*numbers, strict=True)]
    return [field for field in fields if len(set(field)) > 1 or len(names) == 1]


def _unlike(names):
    """Two names that hold different numbers of numbers."""
    lengths = [len(re.findall(r"[0-9]+", name)) for name in names]
    other = next(i for i, length in enumerate(lengths) if length != lengths[0])
    return f"{names[0]} and {names[other]}"


def _why_none(names, fields, classes):
    """A sentence on why no number of the names is the class."""
    if not fields:
        return f"no number differs among the names of the maps, {listed(names)}; {_BY_HAND}"
    nearest = max(fields, key=lambda field: (len(set(field) & set(classes)), len(set(field))))
    for step in (1, -1):
        if {number + step for number in nearest} == set(classes):
            return f"the maps are numbered {_span(nearest)} and the classes {_span(classes)}: off by one; {_BY_HAND}"
    mine = [name for name, number in zip(names, nearest, strict=True) if number not in classes]
    try:
        _refuse_others(sorted(set(classes) - set(nearest)), mine)
    except OccuPyError as error:
        return str(error)
    return f"maps have the same number in their names, as {listed(nearest)}; {_BY_HAND}"


def _refuse_others(without_map, without_particles):
    """Raise `OccuPyError` where there are classes without a map or maps without particles."""
    classes, maps = listed(without_map), listed(without_particles)
    if classes and maps:
        raise OccuPyError(f"no map is of class {classes}, and no particles are of {maps}; {_BY_HAND}")
    if classes:
        raise OccuPyError(
            f"no map is of class {classes}; expected a map for each class, or classes given by hand, which leave the "
            "particles of others out"
        )
    if maps:
        raise OccuPyError(f"no particles are of {maps}; expected maps of classes that have particles")


def _span(numbers):
    return f"{min(numbers)} to {max(numbers)}"
