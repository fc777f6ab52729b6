"""What Twilio's error codes mean for us, in answers and in status callbacks."""

from services.gateway.providers.sending import Final, OptedOut, Retry, Stop, Unknown, Verdict, WindowClosed

# The queue of a sender holds ten hours of messages: a minute makes room.
_QUEUE_SECONDS = 60.0

RATE = {20429: "RATE", 63018: "CHANNEL_RATE", 14107: "RATE"}
QUEUE_FULL = frozenset({21611, 30001})
# Credentials, a suspended account, a sender that is not ours.
STOP = {
    20003: "AUTH",
    20005: "ACCOUNT_SUSPENDED",
    30002: "ACCOUNT_SUSPENDED",
    20404: "ACCOUNT_OR_URL",
    21603: "SENDER_MISSING",
    21606: "SENDER",
    21659: "SENDER",
    21660: "SENDER",
    21703: "SENDER",
    21705: "SENDER",
}
OPTED_OUT = 21610
WINDOW_CLOSED = 63016
FINAL = {
    21211: "NUMBER_INVALID",
    21614: "NOT_MOBILE",
    21408: "REGION",
    21617: "TOO_LONG",
    21602: "REQUEST_REFUSED",
    21604: "REQUEST_REFUSED",
    21609: "REQUEST_REFUSED",
    21612: "UNROUTABLE",
    30003: "UNREACHABLE",
    30004: "BLOCKED",
    30005: "NUMBER_UNKNOWN",
    30006: "LANDLINE",
    30007: "FILTERED",
    30008: "UNDELIVERED",
    63003: "NUMBER_UNKNOWN",
    63024: "NUMBER_UNKNOWN",
}


def classify(code: int, *, retry_after: float | None = None, http_status: int = 400) -> Verdict:
    """The verdict on an error that Twilio has named, in an answer or in a status."""
    if code in RATE:
        return Retry(RATE[code], retry_after, "provider", code)
    if code in QUEUE_FULL:
        return Retry("QUEUE_FULL", retry_after or _QUEUE_SECONDS, "provider", code)
    if code in STOP:
        return Stop(STOP[code], code)
    if code == OPTED_OUT:
        return OptedOut(code)
    if code == WINDOW_CLOSED:
        return WindowClosed(code)
    if code in FINAL:
        return Final(FINAL[code], code)
    return by_http_status(http_status, retry_after=retry_after, code=code)


def by_http_status(http_status: int, *, retry_after: float | None = None, code: int | None = None) -> Verdict:
    """The verdict when the code is missing or new to us."""
    if http_status == 429:
        return Retry("RATE", retry_after, "provider", code)
    if http_status in {401, 403, 404} or http_status < 400:
        # A wrong account or address refuses everybody: dead letters for all would help nobody.
        return Stop("AUTH" if http_status == 401 else "ENDPOINT", code)
    if http_status >= 500:
        # Twilio has no idempotency key and does not promise that a 5xx queued nothing; its message list will tell.
        return Unknown(f"HTTP_{http_status}")
    return Final("UNLISTED", code)
