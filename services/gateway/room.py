"""How much one instance takes on at a time."""


class Room:
    """How many more conversations this instance may lead; taken when a lease is, given back when it ends."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self.closed = False

    @property
    def free(self) -> int:
        """Places that can be taken."""
        return max(0, self.most - self.taken)

    def take(self, wanted: int) -> int:
        """Reserve up to `wanted` places and answer how many."""
        given = 0 if self.closed else max(0, min(wanted, self.most - self.taken))
        self.taken += given
        return given

    def give_back(self, places: int = 1) -> None:
        """The opposite."""
        self.taken -= places
