"""A reply as the form of Twilio's create-message call: words alone, choices numbered, in GSM-7 where it can be."""

import unicodedata
from urllib.parse import urlencode

from services.gateway.messages import Buttons, Menu, Outgoing, Reply
from services.gateway.providers.fitting import fitted, fitted_line, length

MAX_BODY = 1600
# Twilio's connection overrides, never signed: five more tries whatever went wrong. By default there is one, and only
# when we cannot be connected to.
_STUBBORN = "#rc=5&rp=all"
# A choice is one line; the conversation's titles are far shorter.
_CHOICE = 80

_GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM = frozenset(_GSM_BASIC + "^{}\\[~]|€")
# Typography that says the same in GSM-7; one curly quote alone would halve the characters per segment.
_PLAIN = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201a": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u2026": "...", "\u2022": "-", "\u00b7": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
    "\u0153": "oe", "\u0152": "OE", "\u2068": None, "\u2069": None, "\u200b": None,
})  # fmt: skip


def form(
    outgoing: Outgoing, *, sender: str, messaging_service_sid: str | None, public_base_url: str
) -> list[tuple[str, str]]:
    """The fields to post; `sender` is our number, used unless a messaging service picks one."""
    fields = [("To", recipient(outgoing)), ("Body", body(outgoing.reply))]
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


def body(reply: Reply) -> str:
    """The words of a reply, at most MAX_BODY characters. What can be chosen is numbered in the order of `choices`."""
    lines = _choice_lines(reply, described=True)
    if length("\n".join(lines)) > MAX_BODY // 2:
        lines = _choice_lines(reply, described=False)
    choices = gsm_friendly("\n".join(lines))
    if not choices:
        return fitted(gsm_friendly(reply.body), MAX_BODY, "...")
    # Ten short lines always leave room: without numbers nothing could be chosen, so the words give way.
    words = fitted(gsm_friendly(reply.body), MAX_BODY - length(choices) - 1, "...")
    return f"{words}\n{choices}"


def gsm_friendly(text: str) -> str:
    """The same words with plain typography; accents go only when that makes the whole text GSM-7."""
    plain = text.translate(_PLAIN)
    if _GSM.issuperset(plain):
        return plain
    folded = "".join(
        character if character in _GSM else unicodedata.normalize("NFKD", character)[0] for character in plain
    )
    return folded if _GSM.issuperset(folded) else plain


def _choice_lines(reply: Reply, *, described: bool) -> list[str]:
    match reply:
        case Buttons(buttons=buttons):
            titles = [button.title for button in buttons]
        case Menu(rows=rows):
            titles = [f"{row.title}, {row.description}" if described and row.description else row.title for row in rows]
        case _:
            return []
    return [f"{number} {fitted_line(title, _CHOICE, '...')}" for number, title in enumerate(titles, start=1)]
