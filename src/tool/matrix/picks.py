"""What is chosen in the window of a matrix: the map that is shown, and those that something is to be done with."""


class Picks:
    """Maps of a matrix that the user has chosen; all are places in `matrix.maps`.

    Parameters
    ----------
    matrix : OccupancyMatrix

    Attributes
    ----------
    row : int or None
        The map that was shown last.
    rows : list of int
        The maps that are picked, in the order of the matrix.
    sets : dict of int to dict
        What tells sets apart (`OccupancyMatrix.described`), by number.
    """

    def __init__(self, matrix):
        self._matrix = matrix
        self._last = None
        self.row, self.rows = None, []
        self.sets = {one["number"]: one for one in matrix.described()}

    def choose(self, row):
        """Choose a map, which is then the only one that is picked."""
        self.row = row
        self.pick([row])

    def pick(self, rows, keep=False):
        """Pick maps, in place of those that are picked or beside them."""
        self._last = rows[-1] if rows else None
        self.rows = sorted({*rows, *(self.rows if keep else [])})

    def toggle(self, row):
        """Pick one more map, or one fewer."""
        self._last = row
        self.rows = sorted({*self.rows} ^ {row})

    def extend(self, row):
        """Pick all maps from the one that was picked last to this one, as they are drawn."""
        order = [int(place) for place in self._matrix.map_order.places]
        first, last = sorted((order.index(self._last if self._last in order else row), order.index(row)))
        self.pick([*order[first : last + 1]], keep=True)
        self._last = row

    def maps_of(self, number):
        """The maps of a set."""
        return [row for row, of_map in enumerate(self._matrix.agreement) if of_map == number]

    def set_of(self, rows):
        """The set that maps are all in; None where they are not in one."""
        numbers = {int(self._matrix.agreement[row]) for row in rows}
        return numbers.pop() if len(numbers) == 1 and numbers != {0} else None

    def together(self):
        """The maps that an average is of: those that are picked, or all of its set where that is one."""
        number = self.set_of(self.rows)
        return self.maps_of(number) if len(self.rows) == 1 and number else self.rows

    def whole_set(self, rows):
        """The set of which maps are all; None where they are not that."""
        number = self.set_of(rows)
        return number if number and len(self.maps_of(number)) == len(rows) else None

    def named(self, rows):
        """What some maps are called: a set, or their count."""
        number = self.whole_set(rows)
        return f"set {number}" if number else _counted(rows)

    def set_text(self, number):
        """What a set is, in words."""
        return f"Set {number}, {_counted(self.sets[number]['maps'])}: {self.sets[number]['words']}"

    def text(self):
        """What is picked, in words; empty where nothing is."""
        if not self.rows:
            return ""
        number = self.set_of(self.rows)
        of_set = f" · {self.set_text(number)}" if number else ""
        named = self._matrix.maps[self.rows[0]] if len(self.rows) == 1 else f"{_counted(self.rows)} picked"
        return f"{named}{of_set}"


def _counted(maps):
    return f"{len(maps)} {'map' if len(maps) == 1 else 'maps'}"
