"""Sends replies through the Cloud API and says what became of each attempt."""

import re

import aiohttp

from chassis.settings import Secret
from services.gateway.messages import Outgoing
from services.gateway.providers.exchange import Answer, exchange, traced
from services.gateway.providers.foreign_json import dumps
from services.gateway.providers.foreign_values import as_dict, as_integer, as_list, as_text
from services.gateway.providers.sending import Accepted, Final, Retry, Stop, Unknown, Verdict
from services.gateway.providers.whatsapp.errors import classify
from services.gateway.providers.whatsapp.render import request_body

GRAPH_VERSION = "v24.0"
_VERSIONED = re.compile(r".*/v[0-9]+\.[0-9]+")


def graph_root(url: str) -> str:
    """The root of the Graph API with a version at its end."""
    root = url.rstrip("/")
    return root if _VERSIONED.fullmatch(root) else f"{root}/{GRAPH_VERSION}"


class WhatsAppClient:
    """The messages endpoint of one business number.

    `graph_url` is the root of the Graph API; when it does not end in a version, GRAPH_VERSION is used.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        graph_url: str,
        phone_number_id: str,
        access_token: Secret,
    ) -> None:
        self._session = session
        self._url = f"{graph_root(graph_url)}/{phone_number_id}/messages"
        self._headers = {"Authorization": f"Bearer {access_token.reveal()}", "Content-Type": "application/json"}

    async def send(self, outgoing: Outgoing) -> Verdict:
        """Post one message. Never raises for anything the network or Meta can do."""
        body = dumps(request_body(outgoing))
        headers = traced(self._headers, outgoing.traceparent)
        answer = await exchange(self._session, "POST", self._url, data=body, headers=headers)
        return verdict_on(answer, attempt=outgoing.attempt) if isinstance(answer, Answer) else answer


def verdict_on(answer: Answer, *, attempt: int = 0) -> Verdict:
    """What an answer of the messages endpoint means."""
    status = answer.http_status
    error = as_dict(answer.body.get("error"))
    code = as_integer(error.get("code"))
    if code is not None:
        # Graph names an error only when it has not taken the message, so even a 500 with a code may be repeated.
        return classify(
            code,
            subcode=as_integer(error.get("error_subcode")),
            attempt=attempt,
            retry_after=answer.retry_after,
            http_status=status,
            transient=error.get("is_transient") is True,
        )
    if 200 <= status < 300:
        messages = as_list(answer.body.get("messages"))
        message_id = as_text(as_dict(messages[0]).get("id")) if messages else ""
        # Taken, most likely, but its id is missing: the status with our outbox id will say.
        return Accepted(message_id) if message_id else Unknown("NO_MESSAGE_ID")
    if status == 429:
        return Retry("THROUGHPUT", answer.retry_after, "provider")
    if status >= 500:
        # No word from Graph itself: a proxy on the way gave up, and the request may have been passed on before.
        return Unknown(f"HTTP_{status}")
    if status == 408:
        return Retry("REQUEST_TIMEOUT", answer.retry_after)
    if status in {401, 403, 404} or status < 400:
        # A wrong token, address or redirect refuses everybody: dead letters for all would help nobody.
        return Stop("AUTH" if status == 401 else "ENDPOINT")
    return Final(f"HTTP_{status}")
