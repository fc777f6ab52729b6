"""The combinations of filters that a list serves: each one is a statement whose plan was looked at."""

from collections.abc import Collection

from chassis.querying.refusals import FiltersNotServed


class Served:
    """An enumerated set of shapes; any other combination is refused by name, not answered slowly."""

    def __init__(self, *shapes: Collection[str]) -> None:
        self.shapes = tuple(frozenset(shape) for shape in shapes)

    def check(self, filters: Collection[str]) -> None:
        """Raises FiltersNotServed, which says what is served."""
        if frozenset(filters) not in self.shapes:
            raise FiltersNotServed(
                f"not served together: {_worded(filters)}; served are {'; '.join(map(_worded, self.shapes))}"
            )


def _worded(filters: Collection[str]) -> str:
    return " + ".join(sorted(filters)) or "no filter"
