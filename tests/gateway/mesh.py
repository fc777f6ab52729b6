"""A mesh as its tests see it: what providers post, what phones receive, what lies in the database."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from chassis.settings import Secret
from services.gateway.providers.twilio.signature import sign as sign_twilio
from simulator.app import Simulator
from simulator.faults import Plan
from simulator.outbox import Provider
from tests.chassis.polling import found

# What providers were told; nothing listens there, the simulator posts to the real address.
PUBLIC = "https://rides.example"
PATIENCE_SECONDS = 90.0  # only what fails waits that long


@dataclass(frozen=True)
class Answer:
    """What a caller of the gateway got."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def duplicate(self) -> bool:
        """Whether it says that everything was known."""
        return self.headers.get("x-duplicate") == "true"


def text(sender: str | None, body: str, *, bsuid: str | None = None, **fields: Any) -> dict[str, Any]:
    """A WhatsApp text message, sent now, under an id of its own."""
    return message(sender, "text", {"body": body}, bsuid=bsuid, **fields)


def message(sender: str | None, kind: str, content: Any, *, bsuid: str | None = None, **fields: Any) -> dict[str, Any]:
    """A WhatsApp message of any type, sent now, under an id of its own."""
    names = {"from": sender, "from_user_id": bsuid}
    return {
        **{name: value for name, value in names.items() if value},
        "id": f"wamid.{uuid.uuid4().hex}",
        "timestamp": str(int(time.time())),
        "type": kind,
        kind: content,
        **fields,
    }


def payload(*messages: dict[str, Any], name: str = "Test Rider", **value: Any) -> dict[str, Any]:
    """One webhook with these messages and a contact for each sender."""
    contacts = {
        (one.get("from"), one.get("from_user_id")): {
            "profile": {"name": name},
            **({"wa_id": one["from"]} if "from" in one else {}),
            **({"user_id": one["from_user_id"]} if "from_user_id" in one else {}),
        }
        for one in messages
    }
    metadata = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
    content = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    if messages:
        content |= {"contacts": list(contacts.values()), "messages": list(messages)}
    change = {"field": "messages", "value": content}
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}


def sms(sender: str, body: str, **fields: str) -> dict[str, str]:
    """The form of an SMS under an id of its own."""
    sid = f"SM{uuid.uuid4().hex}"
    return {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": "AC" + "0" * 32,
        "From": sender,
        "To": "+15550783881",
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        **fields,
    }


async def until(holds: Callable[[], Awaitable[Any]], what: str = "it", within: float = PATIENCE_SECONDS) -> Any:
    """Ask again and again until the answer is true, and give it; fail when that takes too long."""
    try:
        return await found(holds, within)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen in time") from None


class Mesh:
    """A running mesh as providers, phones and operators see it."""

    def __init__(self, url: str, database_url: str, session: aiohttp.ClientSession, database: Any) -> None:
        self.url = url
        self.database_url = database_url
        self.session = session
        self.database = database
        self.home = Path()
        self.grpc_port = 0
        self.prometheus_ports: dict[str, int] = {}
        self._counted_before: dict[str, float] = {}
        self._simulator: Simulator | None = None

    @property
    def simulator(self) -> Simulator:
        """The pretended providers."""
        assert self._simulator is not None
        return self._simulator

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """One request to the gateway."""
        async with self.session.post(self.url + path, data=body, headers=headers) as response:
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, names, await response.read())

    async def whatsapp(self, content: Any, **headers: str) -> Answer:
        """Post what Meta would, signed; a dict or list as JSON, bytes as they are."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.post("/webhooks/whatsapp", raw, {**signed(raw), **headers})

    async def twilio(self, fields: dict[str, str], path: str = "/webhooks/twilio", **headers: str) -> Answer:
        """Post what Twilio would, signed over the public address."""
        signature = sign_twilio(PUBLIC + path, list(fields.items()), Secret("dev-auth-token"))
        form = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        return await self.post(path, urlencode(fields).encode(), {**form, **headers})

    async def says(self, sender: str, *bodies: str) -> None:
        """A phone writes these texts by WhatsApp, one payload each, and each is taken."""
        for body in bodies:
            assert (await self.taken(payload(text(sender, body)))).status == 200

    async def taken(self, content: Any) -> Answer:
        """Post what Meta would, and again for as long as the answer is 503, as Meta does: the answer after that."""
        return await _insisting(lambda: self.whatsapp(content))

    async def texted(self, fields: dict[str, str], path: str = "/webhooks/twilio") -> Answer:
        """The same for what Twilio would post."""
        return await _insisting(lambda: self.twilio(fields, path))

    def received(self, phone: str) -> list[dict[str, Any]]:
        """The payloads that a phone ("+" and digits, or a BSUID) has received, oldest first."""
        return [json.loads(one.payload) for one in self.simulator.outbox.of(phone)]

    async def answered(self, phone: str, at_least: int = 1) -> list[dict[str, Any]]:
        """What a phone has received once it is that many."""

        async def enough() -> bool:
            return len(self.received(phone)) >= at_least

        await until(enough, f"{at_least} messages to the phone")
        return self.received(phone)

    async def rows(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows of the database."""
        return [dict(row) for row in await self.database.fetch(sql, *arguments)]

    async def value(self, sql: str, *arguments: Any) -> Any:
        """One value of the database; a statement that changes something may be given too."""
        return await self.database.fetchval(sql, *arguments)

    async def settled(self) -> None:
        """Wait until no message waits for its turn, no reply for its sending, no status of ours for being applied."""
        try:
            await until(self.quiet, "the end of everything in flight")
        except AssertionError as error:
            raise AssertionError(f"{error}: {await self.rows(IN_FLIGHT)}") from None

    async def settled_by_status(self) -> None:
        """The same where a status tells what became of a send: nobody sits out the time that it may take to come."""

        async def quiet_now() -> bool:
            await self.database.execute(TOLD_NOW)
            return await self.quiet()

        await until(quiet_now, "the end of everything in flight")

    async def quiet(self) -> bool:
        """Whether nothing is in flight."""
        (counts,) = await self.rows(IN_FLIGHT)
        return not any(counts.values())

    async def dead_letters(self) -> list[dict[str, Any]]:
        """Every dead letter, oldest first."""
        return await self.rows("SELECT * FROM gateway.dead_letter ORDER BY dead_letter_id")

    async def metric(self, name: str, **labels: str) -> float:
        """A number of the gateway's Prometheus page since `renew`, summed over what the labels leave open."""
        return sum(
            value - self._counted_before.get(series, 0.0)
            for series, value in (await self._series()).items()
            if series.partition("{")[0] == name and all(f'{key}="{word}"' in series for key, word in labels.items())
        )

    async def _series(self) -> dict[str, float]:
        lines = (await self.prometheus("gateway")).splitlines()
        pairs = [line.rpartition(" ") for line in lines if not line.startswith("#")]
        return {series: float(value) for series, _, value in pairs}

    async def renew(self) -> None:
        """Let the next test find a gateway that knows nobody, at the time of day, with providers that behave."""
        self.simulator.faults.plans.clear()
        await self.value(PRESENT)

        async def quiet_now() -> bool:
            await self.database.execute(NO_LATER)
            return await self.quiet()

        await until(quiet_now, "the end of everything in flight")
        # Rows, not tables: nobody holds a row now, but the gateway looks at the tables all the time.
        await self.database.execute(EMPTY)
        self.simulator.outbox.clear()
        self._counted_before = {
            series: value for series, value in (await self._series()).items() if "_total" in series.partition("{")[0]
        }

    async def prometheus(self, service: str) -> str:
        """The Prometheus page of a service."""
        async with self.session.get(f"http://127.0.0.1:{self.prometheus_ports[service]}/metrics") as response:
            return await response.text()

    def goes_wrong(
        self,
        provider: Provider,
        kind: str,
        count: int = 1,
        *,
        to: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Let the next sends of a provider fail in this way."""
        self.simulator.faults.plan(Plan(provider, kind, count, to, retry_after))


IN_FLIGHT = """
    SELECT (SELECT count(*) FROM gateway.pending) AS messages,
           (SELECT count(*) FROM gateway.pending_status WHERE outbox_id IS NOT NULL) AS statuses,
           (SELECT count(*) FROM gateway.outbox WHERE state IN ('queued', 'sending', 'unknown')) AS replies,
           (SELECT count(*) FROM gateway.conversation WHERE instance_id IS NOT NULL) AS turns,
           (SELECT count(*) FROM gateway.lane WHERE instance_id IS NOT NULL) AS lanes,
           (SELECT count(*) FROM trips.event) AS events
"""

PRESENT = "UPDATE chassis.clock SET shift = '0' WHERE shift <> '0'"

# A test that moved the clock on may have left what is due in a future that does not come.
NO_LATER = ";".join(
    f"UPDATE gateway.{table} SET due_at = chassis.now() WHERE due_at > chassis.now()"
    for table in ("pending_status", "conversation", "lane")
)

# A reply whose first result was unknown, and of which a status has told since.
TOLD_NOW = """
    UPDATE gateway.lane SET due_at = chassis.now() FROM gateway.outbox
    WHERE outbox.conversation_id = lane.conversation_id AND outbox.state = 'unknown'
      AND outbox.provider_message_id IS NOT NULL AND lane.instance_id IS NULL AND lane.due_at > chassis.now()
"""

EMPTY = ";".join(
    f"DELETE FROM gateway.{table}"
    for table in (
        "pending",
        "pending_status",
        "outbox",
        "dead_letter",
        "inbox",
        "inbox_key",
        "alias",
        "lane",
        "conversation",
        "erasure",
    )
)


async def _insisting(post: Callable[[], Awaitable[Answer]]) -> Answer:
    async def not_refused() -> Answer | None:
        answer = await post()
        return None if answer.status == 503 else answer

    answer = await found(not_refused, PATIENCE_SECONDS, every=0.2)
    assert answer is not None
    return answer


def signed(raw: bytes) -> dict[str, str]:
    """The headers with which Meta posts a body."""
    digest = hmac.new(b"dev-app-secret", raw, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}
