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

OUR_BUGS = frozenset(
    {
        "ANSWER_INVALID",
        "CURRENCY_UNKNOWN",
        "DRIVERS_TOO_MANY",
        "FIELD_UNKNOWN",
        "IDENTITIES_MISSING",
        "IDENTITY_INVALID",
        "LANGUAGE_UNKNOWN",
        "PERSON_INVALID",
        "PERSON_NOT_FOUND",
        "REQUEST_ID_REUSED",
        "WALLET_NOT_FOUND",
    }
)


def words_for(error: HailwireError) -> str | None:
    """The key of the words for a refusal; None when it is not one that a person can do anything about."""
    return WORDED.get(error.reason)
