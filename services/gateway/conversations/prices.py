"""The prices of every vehicle, in words."""

from services.gateway.conversations import guidance, menus, wording
from services.gateway.conversations.turn import Outcome, Turn


async def show(turn: Turn) -> Outcome:
    """`prices`: a line for each vehicle, then whatever is asked."""
    lines = [
        turn.say(
            "price-line",
            vehicle=wording.vehicle_name(turn.language, rate.vehicle),
            base=wording.money(turn.language, rate.base),
            kilometer=wording.amount(turn.language, rate.per_kilometer),
            minute=wording.amount(turn.language, rate.per_minute),
            minimum=wording.amount(turn.language, rate.minimum),
        )
        for rate in await turn.world.rates()
    ]
    return await guidance.guide(turn, menus.body(turn.say("prices"), "\n".join(lines)))
