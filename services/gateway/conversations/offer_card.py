"""A driver's open requests as they are shown: one with two buttons, several as a list."""

from services.gateway.conversations import taps, wording
from services.gateway.conversations.memory import OfferHint
from services.gateway.conversations.turn import Moment
from services.gateway.messages import Button, Buttons, Menu, Row

# Two lines each in a list of ten.
MAX_LISTED = 5


def card(moment: Moment, words: str, offers: tuple[OfferHint, ...]) -> Buttons | Menu:
    """Accept or decline, for each of these requests (at least one; of more than five the newest)."""
    if len(offers) == 1:
        (offer,) = offers
        return Buttons(
            words,
            (
                Button(taps.offer("accept", offer.offer_id), moment.say("button-accept")),
                Button(taps.offer("decline", offer.offer_id), moment.say("button-decline")),
            ),
        )
    rows: list[Row] = []
    for offer in offers[-MAX_LISTED:]:
        away = wording.distance(moment.language, offer.meters)
        rows += (
            Row(taps.offer("accept", offer.offer_id), moment.say("row-accept", distance=away)),
            Row(taps.offer("decline", offer.offer_id), moment.say("row-decline", distance=away)),
        )
    return Menu(words, moment.say("label-offers"), tuple(rows))
