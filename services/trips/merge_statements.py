"""The SQL that hands everything of one person to another, once open trips in each other's way are closed."""

from chassis.database import Statement

_MERGED = "unnest($1::bigint[], $2::bigint[]) AS merged (from_id, to_id)"

# Every open trip that names one of the people, or asks them: locked first, so that nobody decides on old ids. Those
# that are over only change hands: there may be tens of thousands of them.
TRIPS_OF_PEOPLE = Statement(
    "trips.trips_of_people",
    """
SELECT passenger_id AS person_id, trip_id FROM trips.trip
WHERE passenger_id = ANY($1::bigint[]) AND state IN (1, 2, 3, 4, 5)
UNION ALL
SELECT driver_id, trip_id FROM trips.trip
WHERE driver_id = ANY($1::bigint[]) AND state IN (3, 4, 5)
UNION ALL
SELECT driver_id, trip_id FROM trips.offer
WHERE driver_id = ANY($1::bigint[]) AND state = 1
""",
)

MOVE_PASSENGERS = Statement(
    "trips.move_passengers",
    f"UPDATE trips.trip t SET passenger_id = merged.to_id FROM {_MERGED} WHERE t.passenger_id = merged.from_id",  # noqa: S608
)
MOVE_DRIVERS = Statement(
    "trips.move_drivers",
    f"UPDATE trips.trip t SET driver_id = merged.to_id FROM {_MERGED} WHERE t.driver_id = merged.from_id",  # noqa: S608
)
# Whoever cancelled is one of the two sides, so that their trips are found by index; runs before those change hands.
MOVE_CANCELLERS = Statement(
    "trips.move_cancellers",
    f"""
UPDATE trips.trip t SET cancelled_by = merged.to_id FROM {_MERGED}
WHERE t.cancelled_by = merged.from_id AND (t.passenger_id = merged.from_id OR t.driver_id = merged.from_id)
""",  # noqa: S608
)
MOVE_OFFERS = Statement(
    "trips.move_offers",
    f"UPDATE trips.offer o SET driver_id = merged.to_id FROM {_MERGED} WHERE o.driver_id = merged.from_id",  # noqa: S608
)
# The survivor has a presence by now, if either had one.
MERGE_STARS = Statement(
    "trips.merge_stars",
    f"""
UPDATE trips.presence kept SET stars = kept.stars + gone.stars, ratings = kept.ratings + gone.ratings
FROM {_MERGED} JOIN trips.presence gone ON gone.person_id = merged.from_id
WHERE kept.person_id = merged.to_id
""",  # noqa: S608
)
DELETE_PRESENCES = Statement("trips.delete_presences", "DELETE FROM trips.presence WHERE person_id = ANY($1::bigint[])")
# Whoever was merged into the one who is merged now follows, so that one step always leads to the survivor.
FOLLOW = Statement(
    "trips.merged_follow",
    f"UPDATE trips.merged m SET to_id = merged.to_id FROM {_MERGED} WHERE m.to_id = merged.from_id",  # noqa: S608
)
RECORD = Statement(
    "trips.record_merged",
    f"INSERT INTO trips.merged (from_id, to_id) SELECT from_id, to_id FROM {_MERGED}",  # noqa: S608
)
# Before they change, in the order in which acknowledgements lock them: theirs, and those of whoever has not heard yet
# what they wrote. They write nothing meanwhile, since their own rows are held.
LOCK_MAILBOXES = Statement(
    "trips.lock_merged_mailboxes",
    """
SELECT recipient_id FROM trips.mailbox
WHERE recipient_id = ANY(ARRAY(
    SELECT unnest($1::bigint[])
    UNION ALL
    SELECT recipient_id FROM trips.event WHERE sender_id = ANY($1::bigint[])))
ORDER BY recipient_id
FOR NO KEY UPDATE
""",
)
# The survivor's mailbox is held as long as either was: events of both may be with a taker. When they are with two
# takers it is nobody's until both leases are over, lest one be given what the other has.
MERGE_MAILBOXES = Statement(
    "trips.merge_mailboxes",
    f"""
INSERT INTO trips.mailbox AS kept (recipient_id, taker, taken_until)
SELECT merged.to_id, box.taker, box.taken_until
FROM {_MERGED} JOIN trips.mailbox box ON box.recipient_id = merged.from_id
ORDER BY merged.to_id
ON CONFLICT (recipient_id) DO UPDATE
SET taken_until = greatest(kept.taken_until, excluded.taken_until),
    taker = CASE
        WHEN (excluded.taken_until > chassis.now()) IS NOT TRUE THEN kept.taker
        WHEN (kept.taken_until > chassis.now()) IS NOT TRUE OR kept.taker = excluded.taker THEN excluded.taker
    END
""",  # noqa: S608
)
# Every trip of theirs names somebody else now, and there may be tens of thousands: caches forget all trips.
NOTIFY_ANY_TRIP = Statement("trips.notify_any_trip", "SELECT pg_notify('trips_trip', '*')")
MOVE_EVENTS = Statement(
    "trips.move_events",
    f"UPDATE trips.event e SET recipient_id = merged.to_id FROM {_MERGED} WHERE e.recipient_id = merged.from_id",  # noqa: S608
)
MOVE_SAID = Statement(
    "trips.move_said",
    f"UPDATE trips.event e SET sender_id = merged.to_id FROM {_MERGED} WHERE e.sender_id = merged.from_id",  # noqa: S608
)
