"""Twilio's REST API for messages: create, list, fetch."""

import base64
import hmac
import re
import secrets
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import orjson
from starlette.types import Receive, Scope, Send

from simulator.addresses import is_number
from simulator.answers import Answer, BodyTooLargeError, json_answer, read_body
from simulator.clock import Clock
from simulator.journeys import journey
from simulator.mischief import Mischief
from simulator.outbox import Outbox, Provider, kept
from simulator.phones import PhoneBook
from simulator.sending import answer_send
from simulator.settings import SimulatorSettings
from simulator.state_log import StateLog
from simulator.twilio_errors import TwilioError, refusal
from simulator.twilio_keywords import OptOuts
from simulator.twilio_log import TwilioLog, TwilioMessage, Wanted
from simulator.twilio_statuses import TwilioStatuses

_MOST_BYTES = 256 * 1024
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}|[0-9]{3,6}")


def new_message_sid() -> str:
    """`SM` and 32 hexadecimal digits."""
    return "SM" + secrets.token_hex(16)


class TwilioMessages:
    """`.../Messages.json` and `.../Messages/{sid}.json` as one ASGI app."""

    def __init__(
        self,
        settings: SimulatorSettings,
        clock: Clock,
        mischief: Mischief,
        state: StateLog,
        outbox: Outbox,
        phones: PhoneBook,
        log: TwilioLog,
        opt_outs: OptOuts,
        statuses: TwilioStatuses,
    ) -> None:
        self.account_sid = settings.account_sid
        credentials = f"{settings.account_sid}:{settings.auth_token.reveal()}".encode()
        self._basic = b"Basic " + base64.b64encode(credentials)
        self.own_number = settings.phone_number
        self._service_sid = settings.messaging_service_sid
        self.clock = clock
        self.mischief = mischief
        self.state = state
        self.outbox = outbox
        self.phones = phones
        self.log = log
        self._opt_outs = opt_outs
        self.statuses = statuses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body = await read_body(receive, _MOST_BYTES)
            self._authorize(scope)
            sid = scope["path_params"].get("sid")
            if scope["method"] == "GET":
                answer = self._list(scope) if sid is None else self._fetch(sid)
            elif scope["method"] == "POST" and sid is None:
                await answer_send(self.mischief, self._check(_form(body)), scope, receive, send)
                return
            else:
                answer = refusal(20404)
        except TwilioError as error:
            answer = refusal(error.code)
        except BodyTooLargeError:
            answer = refusal(21617)
        await answer.send(send)

    def _authorize(self, scope: Scope) -> None:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if not hmac.compare_digest(given, self._basic):
            raise TwilioError(20003)
        if scope["path_params"]["account_sid"] != self.account_sid:
            raise TwilioError(20404)

    def _check(self, form: dict[str, list[str]]) -> "TwilioSend":
        """The checks in the order in which Twilio makes them."""
        first = {name: values[0] for name, values in form.items()}
        to, sender, service = first.get("To", ""), first.get("From", ""), first.get("MessagingServiceSid", "")
        if not to:
            raise TwilioError(21604)
        if not is_number(to.removeprefix("whatsapp:")):
            raise TwilioError(21211)
        if not sender and not service:
            raise TwilioError(21603)
        if service and service != self._service_sid:
            raise TwilioError(21701)
        self._check_sender(sender, to)
        body, media = first.get("Body", ""), form.get("MediaUrl", [])
        if not body and not media and not first.get("ContentSid"):
            raise TwilioError(21602)
        if len(body) > 1600:
            raise TwilioError(21617)
        if len(media) > 10:
            raise TwilioError(21623)
        callback = first.get("StatusCallback", "")
        if callback and not _is_url(callback):
            raise TwilioError(21609)
        if self._opt_outs.is_out(to):
            raise TwilioError(21610)
        return TwilioSend(self, form, first, to.removeprefix("whatsapp:"))

    def _check_sender(self, sender: str, to: str) -> None:
        if not sender:
            return
        number = sender.removeprefix("whatsapp:")
        if not is_number(number) and not _SENDER_ID.fullmatch(number):
            raise TwilioError(21212)
        if number != self.own_number or sender.startswith("whatsapp:") != to.startswith("whatsapp:"):
            raise TwilioError(21606)
        if sender == to:
            raise TwilioError(21266)

    def _fetch(self, sid: str) -> Answer:
        message = self.log.get(sid)
        return refusal(20404) if message is None else json_answer(200, message.rendered())

    def _list(self, scope: Scope) -> Answer:
        """Newest first, `PageSize` (50, at most 1000) at a time; `PageToken` says after which message to go on.

        As with Twilio, the addresses of other pages begin after the API's base URL.
        """
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        asked = {name: values[0] for name, values in query.items()}
        size = min(_whole(asked.get("PageSize", "50")) or 50, 1000)
        page = _whole(asked.get("Page", "0"))
        messages = list(self.log.newest_first(_wanted(asked)))
        token = asked.get("PageToken", "").removeprefix("PA")
        if token:
            places = [place for place, message in enumerate(messages) if message.sid == token]
            messages = messages[places[0] + 1 :] if places else []
        shown = messages[:size]
        base = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        filters = {name: value for name, value in asked.items() if name not in {"Page", "PageToken", "PageSize"}}

        def uri(**page_fields: str) -> str:
            return f"{base}?{urlencode({**filters, 'PageSize': str(size), **page_fields})}"

        more = len(messages) > size
        body: dict[str, Any] = {
            "first_page_uri": uri(Page="0"),
            "previous_page_uri": uri(Page=str(page - 1)) if page else None,
            "next_page_uri": uri(Page=str(page + 1), PageToken="PA" + shown[-1].sid) if more else None,
            "uri": uri(Page=str(page)),
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(shown) - 1, 0),
            "messages": [message.rendered() for message in shown],
        }
        return json_answer(200, body)


@dataclass(frozen=True, slots=True)
class TwilioSend:
    """A valid message that waits for its answer."""

    api: TwilioMessages
    form: dict[str, list[str]]
    first: dict[str, str]
    to: str

    @property
    def provider(self) -> Provider:
        """Whose endpoint this is."""
        return "twilio"

    @property
    def too_many(self) -> int:
        """Too many requests."""
        return 20429

    @property
    def key(self) -> str:
        """The phone's one name."""
        return self.api.phones.name_of("twilio", self.to)

    def accept(self, fault: str | None) -> tuple[Answer, str | None]:
        """Record the message, start its statuses, answer with the resource."""
        now = self.api.clock.now()
        service = self.first.get("MessagingServiceSid") or None
        message = TwilioMessage(
            sid=new_message_sid(),
            account_sid=self.api.account_sid,
            direction="outbound-api",
            sender=self.first.get("From") or self.api.own_number,
            to=self.first["To"],
            body=self.first.get("Body", ""),
            created_at=now,
            status="accepted" if service else "queued",
            messaging_service_sid=service,
            status_callback=self.first.get("StatusCallback") or None,
            media=len(self.form.get("MediaUrl", [])),
        )
        payload = {name: values[0] if len(values) == 1 else values for name, values in self.form.items()}
        api = self.api
        received = api.outbox.add("twilio", self.to, message.sid, now, orjson.dumps(payload), fault)
        way = journey(api.mischief, api.clock, "twilio", message.sid, self.to, self.key, told=None)
        if api.state.is_kept:
            api.state.append("sent", received=kept(received), journey=way.kept(), message=asdict(message))
        api.log.add(message)
        api.phones.receive(received, payload)
        answer = json_answer(201, message.rendered())
        api.statuses.accepted(way)
        return answer, message.sid

    def told_early(self, message_id: str) -> Awaitable[Any] | None:
        """Post the statuses of the message before its answer, when that is wanted."""
        return self.api.statuses.journeys.told_early(message_id)

    def refuse(self, code: int, http_status: int | None, retry_after: int | None) -> Answer:
        """Answer with this error."""
        return refusal(code, http_status=http_status, retry_after=retry_after)


def _form(body: bytes) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        form.setdefault(name, []).append(value)
    return form


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _wanted(asked: dict[str, str]) -> Wanted:
    """`DateSent`, `DateSent>` and `DateSent<` hold a UTC day or moment; the names are what `DateSent>=` parses to."""
    not_before, not_after = _moment(asked.get("DateSent>")), _moment(asked.get("DateSent<"), end_of_day=True)
    if asked.get("DateSent"):
        not_before, not_after = _moment(asked["DateSent"]), _moment(asked["DateSent"], end_of_day=True)
    return Wanted(asked.get("To") or None, asked.get("From") or None, not_before, not_after)


def _moment(text: str | None, *, end_of_day: bool = False) -> float | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if end_of_day and len(text) == len("2026-01-31"):
        at += timedelta(days=1, microseconds=-1)
    return at.timestamp()
