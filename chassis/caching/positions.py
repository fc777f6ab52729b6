"""How old a copy may be that somebody else read: positions in the history of the database.

Whoever reads rows to lend copies of them asks for the position first: every transaction below its `xmin` had ended by
then, so what it changed is in the copy. Whoever hears of a change hears the id of the transaction that made it. A copy
is believed only if its `xmin` is above everything that was heard of it; of what changed before we could hear, only if
it was read since. So it does not matter what the keeper of the copies does: what it forgets costs a question, and what
it keeps too long, or brings back, is not believed.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable

from chassis.database import Statement
from chassis.records import record

# A database brought back from a backup, or by a standby that took over, may use ids of transactions again; so may
# another one. A timeline of a server (the first eight digits of a WAL file's name) has each id once.
POSITION = Statement(
    "database.position",
    """
    SELECT (SELECT system_identifier FROM pg_control_system()) || '-'
               || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || '-'
               || (SELECT oid FROM pg_database WHERE datname = current_database()) AS lineage,
           pg_snapshot_xmin(now_there)::text::bigint AS xmin, pg_snapshot_xmax(now_there)::text::bigint AS xmax
    FROM pg_current_snapshot() AS now_there
    """,
    scans="pg_database has as many rows as the server has databases",
)

# Written behind the ids of a notification; an older version, which knows nothing of it, takes it for no id.
_MARK = "@"
# What changed lately is remembered of so many; beyond them, everything older counts as changed.
_MOST_FLOORS = 100_000


@record
class Position:
    """A moment in the history `lineage`: transactions below `xmin` had ended, those from `xmax` on had not."""

    lineage: str
    xmin: int
    xmax: int


def changed_by(payload: str) -> int | None:
    """The transaction that a notification is of; None when it does not say."""
    last = payload.rpartition(",")[2]
    return int(last[1:]) if last.startswith(_MARK) and last[1:].isdigit() else None


class Floors:
    """What must be in a copy for one replica to believe it. Nothing is awaited.

    The floor of a name is the least `xmin` with which everything that we heard of is in the copy. Of what we know to
    have changed without knowing by which transaction, no copy is believed until a position is learned that was asked
    for afterwards.
    """

    def __init__(self, most: int = _MOST_FLOORS) -> None:
        self._most = most
        self._lineage = ""
        self._base = 0  # the floor of everything
        self._floors: OrderedDict[Hashable, int] = OrderedDict()
        # What changed without our knowing when, with the number of the event that told us; everything did at first.
        self._events = 0
        self._unknown: dict[Hashable, int] = {}
        self._base_unknown: int | None = 0

    @property
    def known(self) -> bool:
        """Whether there can be a copy that is believed."""
        return self._base_unknown is None

    def mark(self) -> int:
        """Taken before a position is asked for, and given to `learned` with it."""
        return self._events

    def heard(self, names: Iterable[Hashable], xid: int | None) -> None:
        """These were changed by that transaction; None: by one of which we do not know the id."""
        if xid is None:
            self.forgotten(names)
        else:
            for name in names:
                self._raise(name, xid + 1)

    def forgotten(self, names: Iterable[Hashable]) -> None:
        """These may have been changed, and the notification is on its way."""
        self._events += 1
        for name in names:
            self._unknown[name] = self._events
            self._raise(name, 0)

    def anything(self) -> None:
        """Anything may have changed."""
        self._events += 1
        self._base_unknown = self._events
        self._floors.clear()
        self._unknown.clear()

    def learned(self, position: Position, mark: int, names: Iterable[Hashable]) -> None:
        """Everything of which we knew at `mark` had changed by then: as far as it matters for these, and for all."""
        if position.lineage != self._lineage:
            if self._base_unknown is not None and self._base_unknown > mark:
                return
            # What we heard in another history stays a floor here, which is too strict at worst.
            self._lineage, self._base, self._base_unknown = position.lineage, position.xmax, None
        elif self._base_unknown is not None and self._base_unknown <= mark:
            self._base, self._base_unknown = position.xmax, None
        for name in names:
            if self._unknown.get(name, mark + 1) <= mark:
                del self._unknown[name]
                self._raise(name, position.xmax)

    def believes(self, lineage: str, xmin: int, names: Iterable[Hashable]) -> bool:
        """Whether everything that we know to have changed is in a copy that was read there."""
        if not self.known or lineage != self._lineage or xmin < self._base:
            return False
        return all(xmin >= self._floors.get(name, 0) and name not in self._unknown for name in names)

    def _raise(self, name: Hashable, floor: int) -> None:
        self._floors[name] = max(floor, self._floors.get(name, 0))
        self._floors.move_to_end(name)
        if len(self._floors) > self._most:
            # We forget that this one changed, longest ago of all: what is older than that is not believed.
            oldest, lost = self._floors.popitem(last=False)
            self._base = max(self._base, lost)
            if self._unknown.pop(oldest, None) is not None:
                self._events += 1
                self._base_unknown = self._events
