"""What the services refuse, worded for people.

Every reason that the contracts name is here: either with the words for it, or as one that only a bug of ours can cause
and that therefore goes to the dead letters.
"""

from chassis.errors import HailwireError

# Reason -> key of its words.
WORDED = {
    "LOCATION_INVALID": "refused-location",
    "LOCATION_REQUIRED": "refused-location",
    "VEHICLE_REQUIRED": "refused-vehicle",
    "PRESENCE_NOT_FOUND": "refused-presence",
    "TRIP_ALREADY_OPEN": "refused-trip-open",
    "NO_DRIVERS_AVAILABLE": "refused-no-drivers",
    "OFFER_NOT_FOUND": "refused-offer-unknown",
    "OFFER_EXPIRED": "refused-offer-expired",
    "TRIP_TAKEN": "refused-trip-taken",
    "TRIP_CLOSED": "refused-trip-closed",
    "DRIVER_BUSY": "refused-driver-busy",
    "OFFER_DECLINED": "refused-offer-declined",
    "TRIP_NOT_FOUND": "refused-trip-unknown",
    "TRIP_STEP_ILLEGAL": "refused-step",
    "TRIP_NOT_COMPLETED": "refused-not-completed",
    "RATING_CLOSED": "refused-rating-closed",
    "RELAY_CLOSED": "refused-relay-closed",
    "RELAY_TOO_LONG": "refused-relay-long",
    "NUMBER_TAKEN": "refused-number-yours",
    "NUMBER_OPTED_OUT": "refused-number-silent",
    "CODE_TOO_SOON": "refused-code-soon",
    "CODE_LIMIT_REACHED": "refused-code-limit",
    "VERIFICATION_FAILED": "refused-code",
    "CLAIMS_TOO_MANY": "refused-claims",
    "CLAIM_CLOSED": "file-closed",
    "CLAIM_NOT_FOUND": "file-closed",
    "DESCRIPTION_INVALID": "refused-description",
    "DOCUMENTS_TOO_MANY": "file-too-many",
    "DOCUMENT_TOO_LARGE": "file-too-large",
    "SCHEDULE_IN_PAST": "schedule-past",
    "SCHEDULE_TOO_FAR": "schedule-far",
    "SCHEDULE_EXISTS": "schedule-exists",
    "SCHEDULES_TOO_MANY": "schedule-too-many",
    "SCHEDULE_NOT_FOUND": "schedule-gone",
    "SCHEDULE_CLOSED": "schedule-gone",
    "SCHEDULE_CHANGED": "schedule-changed",
    "SCHEDULE_UNDER_WAY": "schedule-under-way",
    "PLACE_NAME_INVALID": "place-name-unreadable",
    "PLACE_NAME_TAKEN": "place-name-taken",
    "PLACE_NOT_FOUND": "place-gone",
    "PLACES_TOO_MANY": "places-too-many",
    "ITEM_NOT_FOUND": "item-gone",
    "ITEM_NOT_CONFIRMED": "item-gone",
    "ITEM_APPLIED": "item-applied",
    "NOTHING_TO_APPLY": "item-known",
    "TIME_IN_PAST": "item-time-over",
    "NOTES_TOO_MANY": "item-full",
    "NOTE_NOT_FOUND": "note-gone",
    "REFERRALS_OFF": "invite-off",
    "REFERRAL_CODE_UNKNOWN": "refused-invite-unknown",
    "REFERRAL_TO_SELF": "refused-invite-self",
    "REFERRAL_EXISTS": "refused-invite-exists",
    "REFERRAL_AFTER_TRIP": "refused-invite-ridden",
    "REFERRER_LIMIT_REACHED": "refused-invite-limit",
}

# Worded where they are met, because an amount or a question goes with them (wallet.py).
BY_THE_WALLET = frozenset(
    {
        "ACCOUNT_TOO_NEW",
        "AMOUNT_INVALID",
        "AMOUNT_TOO_LARGE",
        "AMOUNT_TOO_SMALL",
        "BALANCE_TOO_LOW",
        "CONFIRMATION_REQUIRED",
        "DAILY_LIMIT_REACHED",
        "PAYEE_UNKNOWN",
        "TRANSFER_TO_SELF",
    }
)

# Worded where they are met, because a time goes with them (no_shows.py).
BY_NO_SHOWS = frozenset({"NO_SHOW_TOO_EARLY", "NO_SHOWS_TOO_MANY"})
# The same, because a time goes with it (invite.py).
BY_THE_INVITATION = frozenset({"REFERRAL_TOO_LATE"})

OUR_BUGS = frozenset(
    {
        "ANSWER_INVALID",
        "CURRENCY_UNKNOWN",
        "CODE_INVALID",
        "DOCUMENT_INCOMPLETE",
        "DOCUMENT_INVALID",
        "DRIVERS_TOO_MANY",
        "FIELD_UNKNOWN",
        "IDENTITIES_MISSING",
        "IDENTITY_INVALID",
        "ITEM_INVALID",
        "LANGUAGE_UNKNOWN",
        "NUMBER_INVALID",
        "NUMBER_NOT_FOUND",
        "OTHER_NUMBER_LINKED",
        "OWNER_INVALID",
        "PERSON_INVALID",
        "RECURRENCE_INVALID",
        "RELAY_EMPTY",
        "SCHEDULE_TIME_REQUIRED",
        "PERSON_NOT_FOUND",
        "QUIET_HOURS_INVALID",
        "REQUEST_ID_REUSED",
        "STARS_INVALID",
        "VALUE_INVALID",
        "WALLET_NOT_FOUND",
    }
)


def words_for(error: HailwireError) -> str | None:
    """The key of the words for a refusal; None when it is not one that a person can do anything about."""
    return WORDED.get(error.reason)
