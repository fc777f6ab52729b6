"""Which indexes the plan of each named statement uses; none where there is nothing to find or the table is tiny.

Written down from plans and then read: are these the indexes that were made for it? "|" is between two that are equally
right; which of them is taken depends on how many rows there are.
"""

from collections.abc import Iterator
from typing import Final

_STATEMENTS: Final = {
    "changes.lock_timeout": "",
    "database.end_silent": "",
    "database.ping": "",
    "gateway.alias_find": "alias_pkey conversation_pkey",
    "gateway.alias_insert": "alias_pkey",
    "gateway.alias_siblings": "alias_conversation conversation_pkey",
    "gateway.alone_begin": "",
    "gateway.alone_end": "",
    "gateway.backlog": "dead_letter_open inbox_other_pkey outbox_unsettled pending_stored_on",
    "gateway.claim_any_alone": "conversation_due",
    "gateway.claim_find": "conversation_due",
    "gateway.claim_heads": "inbox_other_pkey pending_pkey",
    "gateway.claim_lease": "conversation_pkey",
    "gateway.claim_recount": "conversation_pkey pending_pkey",
    "gateway.commit_bury": "",
    "gateway.commit_finish": "pending_pkey",
    "gateway.commit_heads": "pending_pkey",
    "gateway.commit_lock": "conversation_pkey",
    "gateway.commit_release": "conversation_pkey pending_pkey",
    "gateway.commit_save": "conversation_pkey pending_pkey",
    "gateway.commit_unclaim": "pending_pkey",
    "gateway.conversation_create": "",
    "gateway.conversation_next_ids": "",
    "gateway.dlq_by_address": "alias_pkey",
    "gateway.dlq_by_person": "conversation_person",
    "gateway.dlq_conversation": "conversation_pkey",
    "gateway.dlq_enqueue": "conversation_pkey",
    "gateway.dlq_insert_inbox": "alias_conversation dead_letter_pkey",
    "gateway.dlq_insert_pending": "",
    "gateway.dlq_list_all": "dead_letter_pkey",
    "gateway.dlq_list_open": "dead_letter_open",
    "gateway.dlq_lock": "dead_letter_open",
    "gateway.dlq_lock_lane": "lane_pkey",
    "gateway.dlq_reopen_lane": "lane_pkey",
    "gateway.dlq_reply": "outbox_pkey",
    "gateway.dlq_requeue": "conversation_pkey outbox_pkey",
    "gateway.dlq_resolve": "dead_letter_open",
    "gateway.dlq_show": "dead_letter_pkey",
    "gateway.inbox_enqueue": "conversation_pkey",
    "gateway.inbox_find_people": "conversation_handed_over conversation_person",
    "gateway.inbox_insert": "",
    "gateway.inbox_insert_dead": "",
    "gateway.inbox_insert_keys": "inbox_key_pkey",
    "gateway.inbox_insert_pending": "",
    "gateway.inbox_insert_statuses": "",
    "gateway.inbox_lock": "conversation_pkey",
    "gateway.inbox_notify": "",
    "gateway.instance_beat": "",
    "gateway.instance_find_dead": "conversation_leased lane_held",
    "gateway.instance_is_known": "",
    "gateway.instance_leave": "",
    "gateway.instance_reap": "",
    "gateway.instance_reap_lock": "",
    "gateway.instance_register": "",
    "gateway.lane_find_due": "lane_due",
    "gateway.lane_heads": "outbox_unsettled",
    "gateway.lane_lock": "lane_pkey",
    "gateway.lane_update": "lane_pkey",
    "gateway.merge_aliases": "alias_conversation",
    "gateway.merge_into": "conversation_pkey",
    "gateway.merge_lanes": "lane_pkey outbox_unsettled",
    "gateway.merge_lock_lanes": "lane_pkey",
    "gateway.merge_name_pending": "alias_conversation inbox_other_pkey pending_pkey",
    "gateway.merge_outbox": "outbox_unsettled",
    "gateway.merge_pending": "conversation_pkey pending_pkey",
    "gateway.merge_retire": "conversation_merged conversation_pkey",
    "gateway.merge_unclaim": "pending_pkey",
    "gateway.missed_advance": "",
    "gateway.missed_take": "",
    "gateway.move_alias": "alias_pkey",
    "gateway.move_drop_alias": "alias_pkey",
    "gateway.move_keep_back": "outbox_unsettled",
    "gateway.move_leave": "alias_conversation conversation_pkey",
    "gateway.move_leave_lane": "lane_pkey",
    "gateway.move_unclaim": "pending_pkey",
    "gateway.move_unname_pending": "inbox_other_pkey pending_pkey",
    "gateway.move_unsure": "outbox_unsettled",
    "gateway.now": "",
    "gateway.outbox_attempt": "outbox_pkey",
    "gateway.outbox_bury": "outbox_pkey",
    "gateway.outbox_insert": "",
    "gateway.outbox_known": "outbox_conversation",
    "gateway.outbox_remember": "outbox_pkey | outbox_unsettled",
    "gateway.outbox_settle": "outbox_pkey | outbox_unsettled",
    "gateway.reap_conversations": "conversation_pkey pending_pkey",
    "gateway.reap_lanes": "lane_pkey",
    "gateway.reap_lock_conversations": "conversation_leased",
    "gateway.reap_lock_lanes": "lane_held",
    "gateway.reap_outbox": "outbox_unsettled",
    "gateway.reap_pending": "pending_pkey",
    "gateway.reconcile_lanes": "lane_held",
    "gateway.reconcile_leases": "conversation_leased",
    "gateway.reconcile_recount": "lane_pkey outbox_unsettled",
    "gateway.retention_day_pending": "",
    "gateway.retention_dead_letters": "dead_letter_pkey",
    "gateway.retention_keys": "inbox_key_pkey inbox_key_stored_at",
    "gateway.retention_other": "inbox_other_pkey",
    "gateway.retention_outbox": "outbox_created_at outbox_pkey",
    "gateway.retention_partitions": "",
    "gateway.retention_today": "",
    "gateway.status_apply": "outbox_pkey",
    "gateway.status_bury": "outbox_pkey",
    "gateway.status_count_lanes": "lane_pkey",
    "gateway.status_find": "outbox_provider_message",
    "gateway.status_lock": "outbox_pkey",
    "gateway.status_lock_lanes": "lane_pkey",
    "gateway.status_put_back": "",
    "gateway.status_rows": "outbox_pkey",
    "gateway.status_take": "pending_status_due pending_status_pkey",
    "gateway.waiting_overdue": "conversation_pkey pending_pkey inbox_other_pkey",
    "gateway.waiting_told": "outbox_cause_position_key",
    "profile.audit_expire": "",
    "profile.audit_write": "",
    "profile.absorb_people": "person_merged_into person_pkey",
    "profile.drop_identities": "identity_pkey",
    "profile.find_people": "identity_person_id person_merged_into person_pkey",
    "profile.find_people_by_identity": "identity_person_id identity_pkey person_merged_into person_pkey",
    "profile.insert_identities": "",
    "profile.insert_people": "",
    "profile.ledger_expire": "request_created_at request_pkey",
    "profile.ledger_recall": "request_pkey",
    "profile.ledger_record": "",
    "profile.lock_free_people": "person_pkey",
    "profile.lock_identity_stripes": "",
    "profile.lock_people": "person_pkey",
    "profile.move_identities": "identity_person_id",
    "profile.move_some_identities": "identity_pkey",
    "profile.new_person_ids": "",
    "profile.notify_people": "",
    "profile.now": "",
    "profile.survivors": "person_pkey",
    "profile.update_people": "person_pkey",
    "trips.add_stars": "presence_pkey",
    "trips.backlog": "",
    "trips.delete_events": "event_pkey",
    "trips.delete_presences": "presence_pkey",
    "trips.drivers_around": "merged_pkey presence_available trip_open_of_passenger",
    "trips.drivers_of_trips": "trip_pkey",
    "trips.due_trips": "offer_due trip_due",
    "trips.ensure_participants": "participant_pkey",
    "trips.expire_matches": "match_pkey",
    "trips.find_presences": "merged_pkey presence_pkey",
    "trips.get_match": "match_pkey merged_pkey",
    "trips.get_open_trips": "merged_pkey offer_of_trip trip_open_of_driver trip_open_of_passenger trip_pkey",
    "trips.get_presences": "presence_pkey",
    "trips.get_ratings": "rating_pkey",
    "trips.get_trips": "offer_of_trip trip_pkey",
    "trips.insert_events": "mailbox_pkey",
    "trips.insert_matches": "",
    "trips.insert_offers": "",
    "trips.insert_trips": "",
    "trips.ledger_expire": "request_created_at request_pkey",
    "trips.ledger_recall": "request_pkey",
    "trips.ledger_record": "",
    "trips.lock_free_participants": "participant_pkey",
    "trips.lock_free_trips": "trip_pkey",
    "trips.lock_mailboxes": "event_pkey mailbox_pkey",
    "trips.lock_merged_mailboxes": "mailbox_pkey",
    "trips.lock_participants": "participant_pkey",
    "trips.lock_trips": "trip_pkey",
    "trips.merge_mailboxes": "mailbox_pkey",
    "trips.merge_stars": "presence_pkey",
    "trips.merged_follow": "merged_to_id",
    "trips.merged_people": "merged_pkey",
    "trips.missed_trips": "match_vehicle merged_pkey merged_to_id presence_pkey",
    "trips.move_cancellers": "trip_driver_created trip_passenger_created",
    "trips.move_drivers": "trip_driver_created",
    "trips.move_events": "event_of_recipient",
    "trips.move_offers": "offer_of_driver",
    "trips.move_passengers": "trip_passenger_created",
    "trips.nearest_drivers": "merged_pkey presence_available trip_open_of_passenger",
    "trips.new_ids": "",
    "trips.notify": "merged_to_id",
    "trips.notify_any_trip": "",
    "trips.now": "",
    "trips.open_offers_of_drivers": "offer_open_of_driver",
    "trips.open_trips_of_people": "trip_open_of_driver trip_open_of_passenger",
    "trips.record_merged": "",
    "trips.release_mailboxes": "event_of_recipient mailbox_pkey",
    "trips.share_free_participants": "participant_pkey",
    "trips.silent_drivers": "presence_silent",
    "trips.take_events": "event_of_recipient event_pkey mailbox_pkey",
    "trips.trips_of_drivers": "trip_open_of_driver",
    "trips.trips_of_offers": "offer_pkey presence_pkey trip_pkey",
    "trips.trips_of_people": "offer_open_of_driver trip_open_of_driver trip_open_of_passenger",
    "trips.update_offers": "offer_pkey",
    "trips.update_trips": "trip_pkey",
    "trips.upsert_presences": "presence_pkey",
    "trips.upsert_ratings": "rating_pkey",
}

_NEWEST = "-created_at,-trip_id"
_CREATED = "created_at:gte,created_at:lt"

# What a list asks, its order and the index that has both; whichever its page is.
_LISTS: Final = [
    ("profile.list", "merged_into:null", "person_id", "person_pkey"),
    ("profile.list", "language,merged_into:null", "language,created_at,person_id", "person_language"),
    ("profile.list", f"{_CREATED},merged_into:null", "created_at,person_id", "person_created_at"),
    ("profile.list", f"{_CREATED},language,merged_into:null", "language,created_at,person_id", "person_language"),
    *(
        (
            "profile.audit_list",
            f"{_CREATED},{whose}".strip(",") if timed else whose,
            f"{by}-created_at,-audit_id",
            index,
        )
        for whose, by, index in (
            ("", "", "audit_created_at"),
            ("person_id", "", "audit_person"),
            ("action", "-action,", "audit_action"),
            ("action,person_id", "", "audit_person"),
        )
        for timed in (False, True)
    ),
    ("trips.list", "", _NEWEST, "trip_created_at"),
    ("trips.list", _CREATED, _NEWEST, "trip_created_at"),
    ("trips.list", "state,vehicle", _NEWEST, "trip_vehicle_state"),
    ("trips.list", f"{_CREATED},state,vehicle", _NEWEST, "trip_vehicle_state"),
    *(
        ("trips.list", conditions.format(whose), _NEWEST, indexes)
        for conditions in ("{}", "{},state:in", f"{_CREATED},{{}}", f"{_CREATED},{{}},state:in")
        for whose, indexes in (
            ("passenger_id", "trip_passenger_created"),
            ("driver_id", "trip_driver_created"),
            ("(driver_id|passenger_id)", "trip_driver_created trip_passenger_created"),
        )
    ),
]
# Without a filter any rows do for counting up to the bound; with one that a third of the rows pass, nearly any.
_COUNTED_ANYHOW = {
    "profile.list[merged_into:null;count]": "",
    "profile.list[language,merged_into:null;count]": "person_language |",
    "profile.audit_list[;count]": "",
    "profile.audit_list[action;count]": "audit_action |",
    "trips.list[;count]": "| trip_pkey",
    "trips.list[state,vehicle;count]": "trip_vehicle_state |",
}
# What comes with each person.
_HANGING = {"profile.list": " identity_person_id person_merged_into", "profile.audit_list": "", "trips.list": ""}


def _lists() -> Iterator[tuple[str, str]]:
    for base, conditions, order, indexes in _LISTS:
        # Conditions stand in the order of their labels.
        labels = ",".join(sorted(conditions.split(",")))
        for page in ("", ";after", ";offset"):
            yield f"{base}[{labels};{order}{page}]", indexes + _HANGING[base]
        count = f"{base}[{labels};count]"
        yield count, _COUNTED_ANYHOW.get(count, indexes)


# For each statement the sets of indexes that are right.
EXPECTED: Final = {
    name: {frozenset(indexes.split()) for indexes in several.split("|")}
    for name, several in (*_STATEMENTS.items(), *_lists())
}

# Indexes that no plan names, and what they are for.
NO_STATEMENTS: Final = {
    "alone_pkey": "one row for ever",
    "audit_pkey": "of the functions that alone may take entries out",
    "looked_pkey": "one row for each provider",
    "instance_pkey": "one row for each process; read as it is while there are few",
    "inbox_pkey": "of the partitions, whose own are used",
}
