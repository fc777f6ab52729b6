"""Twilio's list of an account's messages, read page by page, newest first."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from chassis.errors import Unavailable
from chassis.settings import Secret
from services.gateway.providers.exchange import Answer, exchange
from services.gateway.providers.foreign_values import as_dict, as_list, as_text


class MessageList:
    """The messages of one account, both ways."""

    def __init__(self, session: aiohttp.ClientSession, *, api_url: str, account_sid: str, auth_token: Secret) -> None:
        self._session = session
        self._root = api_url.rstrip("/")
        self.url = f"{self._root}/2010-04-01/Accounts/{quote(account_sid, safe='')}/Messages.json"
        self.headers = {"Authorization": aiohttp.encode_basic_auth(account_sid, auth_token.reveal())}

    async def newest_first(
        self, wanted: dict[str, str], *, page_size: int, most_pages: int
    ) -> AsyncIterator[tuple[datetime, dict[str, Any]]]:
        """Each message with the moment of its creation; `wanted` are Twilio's filters.

        Raises Unavailable when the list cannot be read.
        """
        url, parameters = self.url, {**wanted, "PageSize": str(page_size)}
        for _ in range(most_pages):
            answer = await exchange(self._session, "GET", url, params=parameters, headers=self.headers)
            if not isinstance(answer, Answer) or answer.http_status != 200:
                raise Unavailable(reason="MESSAGE_LIST_UNAVAILABLE")
            for message in map(as_dict, as_list(answer.body.get("messages"))):
                created = _date(message.get("date_created"))
                if created is not None:
                    yield created, message
            following = as_text(answer.body.get("next_page_uri"))
            if not following.startswith("/"):
                return
            url, parameters = self._page(following), {}

    def _page(self, uri: str) -> str:
        """The address of a further page: Twilio names its path, which is appended to where the API really is."""
        pieces = urlsplit(uri)
        return f"{self._root}{pieces.path}?{pieces.query}"


def _date(value: object) -> datetime | None:
    try:
        moment = parsedate_to_datetime(as_text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
