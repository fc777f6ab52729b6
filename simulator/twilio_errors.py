"""What Twilio's REST API answers when it refuses: one table of codes, one shape of body."""

from simulator.answers import Answer, json_answer

# code: (HTTP status, message)
_TABLE: dict[int, tuple[int, str]] = {
    20003: (401, "Authentication Error - invalid username"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service Unavailable"),
    21211: (400, "The 'To' number is not a valid phone number"),
    21212: (400, "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID"),
    21266: (400, "'To' and 'From' number cannot be the same"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (
        400,
        "The 'From' phone number provided is not a valid message-capable Twilio phone number for this account",
    ),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21701: (404, "The Messaging Service does not exist"),
    30001: (429, "Queue overflow"),
    30002: (400, "Account suspended"),
    30003: (400, "Unreachable destination handset"),
    30004: (400, "Message blocked"),
    30005: (400, "Unknown destination handset"),
    30006: (400, "Landline or unreachable carrier"),
    30007: (400, "Carrier violation"),
    30008: (400, "Unknown error"),
    63016: (400, "Failed to send freeform message because you are outside the allowed window"),
    63018: (429, "Rate limit exceeded for Channel"),
}


def is_known(code: int) -> bool:
    """Whether Twilio has such an error."""
    return code in _TABLE


class TwilioError(Exception):
    """A refusal by Twilio."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def refusal(code: int, *, http_status: int | None = None, retry_after: int | None = None) -> Answer:
    """The answer that Twilio gives for this error."""
    status = http_status or _TABLE[code][0]
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": _TABLE[code][1], "more_info": more_info, "status": status}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return json_answer(status, body, headers)


def message_of(code: int) -> str:
    """The text that a message resource carries as its `error_message`."""
    return _TABLE[code][1]
