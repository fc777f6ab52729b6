"""A side of a trip that does not want to be matched with the other one again."""

from chassis.records import record


@record
class BlockSide:
    """Who blocks the other side of which trip, or takes it back; not yet checked."""

    person_id: int
    trip_id: int
    blocked: bool
