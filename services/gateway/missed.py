"""Finds messages that no webhook brought: what Twilio's list has and the inbox has not is stored like a webhook.

Twilio forgets a webhook that it could not deliver within seconds, but keeps the message in its list. Every gateway
looks now and then, one at a time; what is known already changes nothing, because the keys are the webhooks' own.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chassis import logs
from chassis.database import Database, Statement
from chassis.telemetry import Telemetry
from services.gateway.arrivals import Stored
from services.gateway.messages import Item, Provider
from services.gateway.providers.twilio.received import received

if TYPE_CHECKING:
    from services.gateway.providers.outside import Providers

log = logs.get(__name__)

# A webhook may take as long as this: what is younger is still on its way.
_ON_ITS_WAY = timedelta(seconds=20)
# Twilio dates messages in whole seconds on a clock of its own, and lists them a little later.
_OVERLAP = timedelta(seconds=90)
_BATCH = 100

# Never further back than message ids are remembered, lest something takes effect twice.
_TAKE = Statement(
    "gateway.missed_take",
    """
    UPDATE gateway.looked SET looked_at = chassis.now()
    WHERE provider = $1 AND looked_at <= chassis.now() - make_interval(secs => $2)
    RETURNING greatest(until, chassis.now() - interval '7 days') AS since, looked_at AS now
    """,
)
_ADVANCE = Statement(
    "gateway.missed_advance", "UPDATE gateway.looked SET until = $2 WHERE provider = $1 AND until < $2"
)


class Missed:
    """Looks for messages to `number` in Twilio's list and hands them to `store`."""

    def __init__(
        self,
        database: Database,
        telemetry: Telemetry,
        *,
        providers: "Callable[[], Awaitable[Providers]]",
        number: str,
        every_seconds: float,
        store: Callable[[list[Item]], Awaitable[Stored]],
    ) -> None:
        self._database = database
        self._providers = providers
        self._number = number
        self._every_seconds = every_seconds
        self._store = store
        self._found = telemetry.counter("missed_messages", "messages that no webhook brought")

    async def look(self) -> int:
        """Compare what came since the last time; answers 0. Raises Unavailable when Twilio does not answer."""
        row = await self._database.fetchrow(_TAKE, Provider.TWILIO, self._every_seconds)
        if row is None:  # another gateway has looked
            return 0
        until: datetime = row["now"] - _ON_ITS_WAY
        messages = (await self._providers()).messages
        items = await received(messages, self._number, since=row["since"] - _OVERLAP, until=until)
        new = 0
        for start in range(0, len(items), _BATCH):
            new += (await self._store(items[start : start + _BATCH])).new
        await self._database.execute(_ADVANCE, Provider.TWILIO, until)
        if new:
            self._found.add(new, provider=str(Provider.TWILIO))
            log.warning("messages that no webhook brought were found", provider=Provider.TWILIO, messages=new)
        return 0
