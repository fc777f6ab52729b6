"""How much one instance takes on at a time, and when it looks for those who had to go without."""

import time

# Who had to go without is looked for once this part of all places is free again: looking costs the same for one as for
# many.
_PART = 8


class Room:
    """How many more conversations this instance may lead; taken when a lease is, given back when it ends."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self.closed = False
        # Whether somebody went without, or may have.
        self.short = False
        self._looked_at = 0.0

    @property
    def free(self) -> int:
        """Places that can be taken."""
        return max(0, self.most - self.taken)

    @property
    def ample(self) -> bool:
        """Whether enough is free to look for those who went without."""
        return self.free >= max(1, self.most // _PART)

    def looks(self, every: float) -> bool:
        """Whether to look for those who went without now: there is ample room, or nobody has looked for so long (s)."""
        now = time.monotonic()
        looking = self.ample or now - self._looked_at >= every
        if looking:
            self._looked_at = now
        self.short = not looking
        return looking

    def take(self, wanted: int) -> int:
        """Reserve up to `wanted` places and answer how many."""
        given = 0 if self.closed else max(0, min(wanted, self.most - self.taken))
        self.taken += given
        self.short = self.short or given < wanted
        return given

    def give_back(self, places: int = 1) -> None:
        """The opposite."""
        self.taken -= places
