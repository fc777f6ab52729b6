"""Sends replies through Twilio's REST API, says what became of each attempt, and looks unknown ones up."""

from collections.abc import Collection
from datetime import datetime, timedelta

import aiohttp

from chassis.settings import Secret
from services.gateway.messages import Outgoing
from services.gateway.providers.exchange import Answer, exchange, traced
from services.gateway.providers.foreign_values import as_integer, as_text
from services.gateway.providers.sending import Accepted, Unknown, Verdict
from services.gateway.providers.twilio.errors import by_http_status, classify
from services.gateway.providers.twilio.listing import MessageList
from services.gateway.providers.twilio.render import form, recipient, words

# Twilio dates messages in whole seconds on a clock of its own.
_CLOCK_TOLERANCE = timedelta(seconds=30)
_PAGE_SIZE = 100
# Newest first: whoever got more than this since the attempt has other problems.
_MOST_PAGES = 5


class TwilioClient:
    """The messages of one account. `sender` is our number with "+"; a messaging service picks its own for SMS."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        api_url: str,
        account_sid: str,
        auth_token: Secret,
        sender: str,
        messaging_service_sid: str | None = None,
        public_base_url: str,
    ) -> None:
        self._session = session
        self._list = MessageList(session, api_url=api_url, account_sid=account_sid, auth_token=auth_token)
        self._sender = sender
        self._messaging_service_sid = messaging_service_sid
        self._public_base_url = public_base_url

    async def send(self, outgoing: Outgoing) -> Verdict:
        """Create one message. Never raises for anything the network or Twilio can do."""
        fields = form(
            outgoing,
            sender=self._sender,
            messaging_service_sid=self._messaging_service_sid,
            public_base_url=self._public_base_url,
        )
        headers = traced(self._list.headers, outgoing.traceparent)
        answer = await exchange(self._session, "POST", self._list.url, data=fields, headers=headers)
        return verdict_on(answer) if isinstance(answer, Answer) else answer

    async def find_sent(self, outgoing: Outgoing, since: datetime, known: Collection[str] = frozenset()) -> str | None:
        """The id of the oldest message to this person, created since then, with the words of `outgoing`.

        `known` are ids that other rows of the outbox already own: the same words may have been sent twice on purpose.
        None means that Twilio has no such message. Raises Unavailable when the list cannot be read.
        """
        # Not filtered by DateSent: a message that is still queued has none. Not by From: a messaging service's varies.
        wanted, sent, earliest = {"To": recipient(outgoing)}, words(outgoing), since - _CLOCK_TOLERANCE
        found: str | None = None
        async for created, message in self._list.newest_first(wanted, page_size=_PAGE_SIZE, most_pages=_MOST_PAGES):
            if created < earliest:
                break
            sid = as_text(message.get("sid"))
            inbound = as_text(message.get("direction")) == "inbound"
            if sid and sid not in known and not inbound and as_text(message.get("body")) == sent:
                found = sid
        return found


def verdict_on(answer: Answer) -> Verdict:
    """What an answer to the creation of a message means."""
    status = answer.http_status
    if 200 <= status < 300:
        sid = as_text(answer.body.get("sid"))
        return Accepted(sid) if sid else Unknown("NO_MESSAGE_ID")
    code = as_integer(answer.body.get("code"))
    if code is None:
        return by_http_status(status, retry_after=answer.retry_after)
    return classify(code, retry_after=answer.retry_after, http_status=status)
