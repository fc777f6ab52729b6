"""What Meta's error codes mean for us. Titles and HTTP statuses of one code vary; the code alone is trusted."""

from services.gateway.providers.sending import Final, Retry, Stop, Verdict, WindowClosed

# One message per six seconds to one user, with a burst that borrows from the future: Meta asks for 4^X seconds.
_LONGEST_PAIR_WAIT_SECONDS = 1024.0
# The minutes in which Meta moves a number to a higher throughput.
_MAINTENANCE_SECONDS = 120.0

AUTH = frozenset({0, 190})
PERMISSION = frozenset({3, 10, *range(200, 300)})
# Limits of the app, the account or the number: everybody waits.
RATE = {4: "APP_RATE", 80007: "ACCOUNT_RATE", 130429: "THROUGHPUT"}
PAIR_RATE = 131056
# Spam, blocked or locked accounts, restricted countries.
BLOCKED = frozenset({131048, 131064, 368, 131031, 130497})
WINDOW_CLOSED = 131047
UNDELIVERABLE = {
    131026: "UNDELIVERABLE",
    131049: "ENGAGEMENT_LIMIT",
    131050: "MARKETING_STOPPED",
    130403: "REFUSED_BY_META",
    130472: "EXPERIMENT",
}
TRANSIENT = frozenset({1, 2, 131000, 131016, 133004})
MAINTENANCE = 131057
OUR_BUG = frozenset({100, 131008, 131009, 131021, 131051, 131052, 131053, 131062})
# Sub-code of 100: the phone number id does not exist or the token may not use it.
_NO_SUCH_OBJECT = 33


def classify(
    code: int,
    *,
    subcode: int | None = None,
    attempt: int = 0,
    retry_after: float | None = None,
    http_status: int = 400,
    transient: bool = False,
) -> Verdict:
    """The verdict on an error that Meta has named, in an answer or in a status.

    A named error means that the message was not taken, whatever the HTTP status. `attempt` counts the earlier ones.
    """
    if code in AUTH:
        return Stop("AUTH", code)
    if code in PERMISSION:
        return Stop("PERMISSION", code)
    if code in BLOCKED:
        return Stop("BLOCKED", code)
    if code in RATE:
        return Retry(RATE[code], retry_after, "provider", code)
    if code == PAIR_RATE:
        wait = min(4.0 ** min(attempt, 5), _LONGEST_PAIR_WAIT_SECONDS)
        return Retry("PAIR_RATE", max(wait, retry_after or 0.0), "recipient", code)
    if code == WINDOW_CLOSED:
        return WindowClosed(code)
    if code in UNDELIVERABLE:
        return Final(UNDELIVERABLE[code], code)
    if code in TRANSIENT:
        return Retry("TRANSIENT", retry_after, "recipient", code)
    if code == MAINTENANCE:
        return Retry("MAINTENANCE", retry_after or _MAINTENANCE_SECONDS, "provider", code)
    if code == 100 and subcode == _NO_SUCH_OBJECT:
        return Stop("PHONE_NUMBER_ID", code)
    if code in OUR_BUG:
        return Final("REQUEST_REFUSED", code)
    # A code that is new to us: Meta's own hint, then the sort of HTTP status.
    if transient or http_status >= 500 or http_status == 429:
        return Retry("UNLISTED", retry_after, "provider" if http_status == 429 else "recipient", code)
    return Final("UNLISTED", code)
