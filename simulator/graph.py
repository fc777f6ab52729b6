"""The Graph API's one endpoint that the mesh calls: `POST /{version}/{phone_number_id}/messages`."""

import base64
import hmac
import re
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from simulator.addresses import as_dialled, is_bsuid
from simulator.answers import Answer, BodyTooLargeError, json_answer, read_body
from simulator.clock import Clock
from simulator.graph_errors import GraphError, refusal
from simulator.graph_messages import check_message, check_read_receipt
from simulator.journeys import journey
from simulator.meta_statuses import MetaStatuses
from simulator.mischief import Mischief
from simulator.outbox import Outbox, Provider, kept
from simulator.pair_limit import PairLimit, Throughput
from simulator.phones import PhoneBook
from simulator.sending import answer_send
from simulator.settings import SimulatorSettings
from simulator.state_log import StateLog

_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")
_MOST_BYTES = 256 * 1024
_WINDOW_SECONDS = 24 * 3600


def new_message_id() -> str:
    """A WhatsApp message id of the usual look; unlike a true one it does not contain the phone number."""
    return "wamid.HBgL" + base64.b64encode(secrets.token_bytes(30)).decode()


class GraphMessages:
    """The endpoint as a bare ASGI app, because it is the hot path of every load test."""

    def __init__(
        self,
        settings: SimulatorSettings,
        clock: Clock,
        mischief: Mischief,
        state: StateLog,
        outbox: Outbox,
        phones: PhoneBook,
        statuses: MetaStatuses,
        pair_limit: PairLimit,
        throughput: Throughput,
    ) -> None:
        self._bearer = f"Bearer {settings.access_token.reveal()}".encode()
        self._phone_number_id = settings.phone_number_id
        self._business_number = settings.phone_number
        self._country_code = settings.country_code
        self.clock = clock
        self.mischief = mischief
        self.state = state
        self.outbox = outbox
        self.phones = phones
        self.statuses = statuses
        self._pair_limit = pair_limit
        self._throughput = throughput

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one send or one read receipt."""
        try:
            body = await read_body(receive, _MOST_BYTES)
            self._authorize(scope)
            message = _parse(body)
            if "status" in message:
                message_id = check_read_receipt(message)
                self.phones.business_has_read(message_id)
                if "typing_indicator" in message:
                    self.phones.business_types(message_id)
                await json_answer(200, {"success": True}).send(send)
                return
            exchange = self._check(message, body)
        except GraphError as error:
            await refusal(error).send(send)
        except BodyTooLargeError:
            await refusal(GraphError(100, "The request is too large")).send(send)
        else:
            await answer_send(self.mischief, exchange, scope, receive, send)

    def _authorize(self, scope: Scope) -> None:
        method, path = scope["method"], scope["path_params"]
        if not _VERSION.fullmatch(path["version"]):
            raise GraphError(2500, message=f"Unknown path components: /{path['version']}")
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if not hmac.compare_digest(given, self._bearer):
            raise GraphError(190)
        if method != "POST" or path["phone_number_id"] != self._phone_number_id:
            raise GraphError(
                100,
                message=f"Unsupported {method.lower()} request. Object with ID '{path['phone_number_id']}' does not "
                "exist, cannot be loaded due to missing permissions, or does not support this operation",
                subcode=33,
            )

    def _check(self, message: dict[str, Any], body: bytes) -> "GraphSend":
        check_message(message)
        to = self._recipient(message)
        now = self.clock.now()
        phone = self.phones.find("whatsapp", to)
        # Only of the phones that write through the simulator is it known when they last wrote.
        wrote_at = phone.wrote_at if phone is not None else None
        if wrote_at is not None and now - wrote_at > _WINDOW_SECONDS and message.get("type") != "template":
            raise GraphError(
                131047, "Message failed to send because more than 24 hours have passed since the customer last replied."
            )
        return GraphSend(self, to, message, body)

    def _recipient(self, message: dict[str, Any]) -> str:
        """Where the message goes: `to` wins over `recipient`, and a number needs its plus sign."""
        to, recipient = message.get("to"), message.get("recipient")
        if to is not None:
            number = as_dialled(to, self._country_code) if isinstance(to, str) else None
            if number is None:
                raise GraphError(131009, "to is not a valid phone number")
            if number == self._business_number:
                raise GraphError(131021, "Recipient phone number cannot be sender phone number")
            return number
        if recipient is None:
            raise GraphError(100, message="The parameter to is required.")
        if not isinstance(recipient, str) or not is_bsuid(recipient):
            raise GraphError(131009, "recipient is not a valid business-scoped user id")
        return recipient

    def limit(self, key: str) -> int | None:
        """The error of the rate limit that one more message to this person would exceed."""
        now = self.clock.now()
        if not self._throughput.admit(now):
            return 130429
        return None if self._pair_limit.admit(key, now) else 131056


@dataclass(frozen=True, slots=True)
class GraphSend:
    """A valid message that waits for its answer."""

    api: GraphMessages
    to: str
    message: dict[str, Any]
    body: bytes

    @property
    def provider(self) -> Provider:
        """Whose endpoint this is."""
        return "whatsapp"

    @property
    def too_many(self) -> int:
        """Throughput reached."""
        return 130429

    @property
    def key(self) -> str:
        """The phone's one name."""
        return self.api.phones.name_of("whatsapp", self.to)

    def accept(self, fault: str | None) -> tuple[Answer, str | None]:
        """Record the message, start its statuses, answer with its id; or refuse it for a rate limit."""
        limit = self.api.limit(self.key)
        if limit is not None:
            return self.refuse(limit, None, None), None
        api, now, told = self.api, self.api.clock.now(), self.message.get("biz_opaque_callback_data")
        received = api.outbox.add("whatsapp", self.to, new_message_id(), now, self.body, fault)
        way = journey(api.mischief, api.clock, "whatsapp", received.id, self.to, self.key, told=told)
        if api.state.is_kept:
            api.state.append("sent", received=kept(received), journey=way.kept())
        api.phones.receive(received, self.message)
        api.statuses.accepted(way)
        if is_bsuid(self.to):
            contact = {"input": self.message["recipient"], "user_id": self.to}
        else:
            contact = {"input": self.message["to"], "wa_id": self.to.removeprefix("+")}
        body = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": received.id}]}
        return json_answer(200, body), received.id

    def told_early(self, message_id: str) -> Awaitable[Any] | None:
        """Post the statuses of the message before its answer, when that is wanted."""
        return self.api.statuses.journeys.told_early(message_id)

    def refuse(self, code: int, http_status: int | None, retry_after: int | None) -> Answer:
        """Answer with this error."""
        return refusal(GraphError(code), http_status=http_status, retry_after=retry_after)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Like Graph's own parser, this one refuses lone surrogates and numbers that are no numbers.
        raise GraphError(100, "The request body is not valid JSON") from None
    if not isinstance(message, dict):
        raise GraphError(100, "The request body must be a JSON object")
    return message
