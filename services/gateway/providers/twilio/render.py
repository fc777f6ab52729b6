"""A reply as the form of Twilio's create-message call: words alone, choices numbered, in GSM-7 where it can be."""

from urllib.parse import urlencode

from services.gateway.messages import Buttons, Menu, Outgoing, Reply
from services.gateway.providers.fitting import fitted, fitted_line, length
from services.gateway.providers.twilio.segments import MAX_SEGMENTS, gsm_friendly, segments

MAX_BODY = 1600
# Twilio's connection overrides, never signed: five more tries whatever went wrong. By default there is one, and only
# when we cannot be connected to.
_STUBBORN = "#rc=5&rp=all"
# A choice is one line; the conversation's titles are far shorter. Ten bare ones fit into the parts of any alphabet.
_CHOICE = 80
_BARE_CHOICE = 60


def form(
    outgoing: Outgoing, *, sender: str, messaging_service_sid: str | None, public_base_url: str
) -> list[tuple[str, str]]:
    """The fields to post; `sender` is our number, used unless a messaging service picks one."""
    fields = [("To", recipient(outgoing)), ("Body", words(outgoing))]
    if outgoing.address.channel == "whatsapp":
        # The window that the person opened belongs to the number they wrote to.
        fields.append(("From", f"whatsapp:{sender}"))
    elif messaging_service_sid:
        fields.append(("MessagingServiceSid", messaging_service_sid))
    else:
        fields.append(("From", sender))
    fields.append(("StatusCallback", status_callback(public_base_url, outgoing.outbox_id)))
    return fields


def recipient(outgoing: Outgoing) -> str:
    """`To` as Twilio spells it."""
    prefix = "whatsapp:" if outgoing.address.channel == "whatsapp" else ""
    return prefix + outgoing.address.value


def status_callback(public_base_url: str, outbox_id: int) -> str:
    """Where Twilio reports this message; the outbox id travels in the part of the URL that Twilio signs."""
    return f"{public_base_url.rstrip('/')}/webhooks/twilio/status?{urlencode({'outbox': outbox_id})}{_STUBBORN}"


def words(outgoing: Outgoing) -> str:
    """What is written: WhatsApp has every letter and counts no parts."""
    return body(outgoing.reply, sms=outgoing.address.channel == "sms")


def body(reply: Reply, *, sms: bool = True) -> str:
    """The words of a reply, at most MAX_BODY characters. What can be chosen is numbered in the order of `choices`.

    An SMS is written in GSM-7 where it can be, and takes MAX_SEGMENTS parts at most.
    """
    lines = _choice_lines(reply, described=True)
    if length("\n".join(lines)) > MAX_BODY // 2:
        lines = _choice_lines(reply, described=False)
    text = _joined(fitted(reply.body, MAX_BODY, "..."), lines, sms=sms)
    if _fits(text, sms=sms):
        return text
    # Without numbers nothing could be chosen, so what describes them goes first, and then the words give way.
    lines = _choice_lines(reply, described=False)
    text, least, most = "", 0, MAX_BODY
    while least <= most:
        middle = (least + most) // 2
        tried = _joined(fitted(reply.body, max(3, middle), "..."), lines, sms=sms)
        if _fits(tried, sms=sms):
            text, least = tried, middle + 1
        else:
            most = middle - 1
    return text


def sms_segments(outgoing: Outgoing) -> int:
    """The parts that this reply takes; 0 when it is no SMS."""
    return segments(body(outgoing.reply)) if outgoing.address.channel == "sms" else 0


def _joined(words: str, lines: list[str], *, sms: bool) -> str:
    text = "\n".join([words, *lines])
    return gsm_friendly(text) if sms else text


def _fits(text: str, *, sms: bool) -> bool:
    return length(text) <= MAX_BODY and (not sms or segments(text) <= MAX_SEGMENTS)


def _choice_lines(reply: Reply, *, described: bool) -> list[str]:
    match reply:
        case Buttons(buttons=buttons, first=first):
            titles = [button.title for button in buttons]
        case Menu(rows=rows, first=first):
            titles = [f"{row.title}, {row.description}" if described and row.description else row.title for row in rows]
        case _:
            return []
    most = _CHOICE if described else _BARE_CHOICE
    return [f"{number} {fitted_line(title, most, '...')}" for number, title in enumerate(titles, start=first)]
