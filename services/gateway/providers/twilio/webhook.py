"""A form of Twilio as one item: a message somebody wrote, or a status of one that we sent."""

from urllib.parse import parse_qs

from services.gateway.messages import Address, Item, ItemKind, Provider
from services.gateway.providers.foreign_json import dumps
from services.gateway.providers.foreign_values import number_address, user_address, whatsapp_address
from services.gateway.providers.item_key import item_key
from services.gateway.providers.twilio.form import fields

# What SmsStatus says of a message that comes in; with any other word the form is about one that went out.
_INBOUND = frozenset({"", "received", "receiving"})


def split(raw: bytes, query: bytes = b"") -> list[Item]:
    """Read a verified form and the query it was posted with; MalformedBody when it is not UTF-8, [] when empty."""
    form = fields(raw)
    if not form:
        return []
    sid = next((form[name] for name in ("MessageSid", "SmsMessageSid", "SmsSid") if form.get(name)), "")
    status = form.get("MessageStatus") or form.get("SmsStatus", "")
    if "MessageStatus" in form or status.lower() not in _INBOUND:
        return [_item(ItemKind.STATUS, "status", sid, form, query, addresses(form, "To"), status)]
    senders = addresses(form, "From")
    # A form without a sender we could answer (an event of another product, a short code) is kept, not answered.
    kind = ItemKind.MESSAGE if senders else ItemKind.NOTICE
    return [_item(kind, "message", sid, form, query, senders)]


def addresses(form: dict[str, str], field: str) -> tuple[Address, ...]:
    """The person in `From` or `To`, with the user id of a WhatsApp sender."""
    value = form.get(field, "")
    channel, colon, name = value.partition(":")
    if not colon:
        # People come with a plus sign; a short code or a sender's name has none, and nobody there to answer.
        number = number_address(value, "sms") if value.startswith("+") else None
        return (number,) if number else ()
    if channel != "whatsapp":
        return ()
    person = whatsapp_address(name, relayed=True)
    user = None
    if field == "From":
        person = person or number_address(form.get("WaId"), "whatsapp", relayed=True)
        user = user_address(form.get("ExternalUserId"), relayed=True)
    if person and user and person.kind == user.kind:
        user = None
    return tuple(address for address in (person, user) if address)


def _item(
    kind: ItemKind,
    sort: str,
    sid: str,
    form: dict[str, str],
    query: bytes,
    people: tuple[Address, ...],
    status: str = "",
) -> Item:
    outbox = parse_qs(query.decode("ascii", "replace"), errors="replace").get("outbox", [""])[0]
    return Item(
        kind=kind,
        key=item_key(Provider.TWILIO, sort, sid or dumps(form), status),
        provider=Provider.TWILIO,
        addresses=people,
        # Of a status, the business is the sender.
        account=form.get("From" if kind is ItemKind.STATUS else "To", "").rpartition(":")[2],
        raw=dumps({"form": form, "outbox": outbox}),
        # Twilio's forms carry no time.
        sent_at=None,
    )
