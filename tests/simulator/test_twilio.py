"""What Twilio's pretended REST API takes, refuses and remembers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator.segments import count_segments


async def test_message_is_created(sim: Any) -> None:
    """A message is answered 201 with the resource as Twilio shapes it, and its form lies in the outbox."""
    status, message = await sim.sms("Muraho")
    assert status == 201
    assert (message["status"], message["direction"], message["num_segments"]) == ("queued", "outbound-api", "1")
    assert (message["to"], message["from"], message["date_sent"]) == ("+250788123456", "+15550783881", None)
    (item,) = await sim.outbox()
    assert (item["provider"], item["id"]) == ("twilio", message["sid"])
    assert item["payload"] == {"To": "+250788123456", "From": "+15550783881", "Body": "Muraho"}


MISTAKES: tuple[tuple[dict[str, str], int, int], ...] = (
    ({"To": ""}, 400, 21604),
    ({"To": "250788123456"}, 400, 21211),
    ({"To": "+0"}, 400, 21211),
    ({"From": ""}, 400, 21603),
    ({"From": "5550783881x!"}, 400, 21212),
    ({"From": "+15550000000"}, 400, 21606),
    ({"To": "+15550783881"}, 400, 21266),
    ({"From": "", "MessagingServiceSid": "MG1"}, 404, 21701),
    ({"Body": ""}, 400, 21602),
    ({"Body": "x" * 1601}, 400, 21617),
    ({"StatusCallback": "ftp://example.org/"}, 400, 21609),
)


async def test_wrong_message_is_refused(sim: Any) -> None:
    """Each mistake has Twilio's status and code, and nothing is recorded."""
    for fields, status, code in MISTAKES:
        seen, answer = await sim.sms(**{"body": "hello", **fields})
        assert (seen, answer["status"], answer["code"]) == (status, status, code), fields
        assert answer["more_info"].endswith(str(code))
    assert await sim.outbox() == []


async def test_credentials_are_checked(sim: Any) -> None:
    """A wrong auth token is 401 with code 20003."""
    status, answer = await sim.twilio(token="wrong")
    assert (status, answer["code"]) == (401, 20003)


def test_segments_are_counted() -> None:
    """GSM-7 and UCS-2 texts take the number of segments that carriers charge."""
    for character, alone in (("x", 160), ("\u20ac", 80), ("\u2019", 70), ("\U0001f600", 35)):
        assert count_segments(character * alone) == 1
        assert count_segments(character * (alone + 1)) == 2
    assert count_segments("") == 1


async def test_message_can_be_fetched(sim: Any) -> None:
    """A message is found by its SID; an unknown SID is 404."""
    _, message = await sim.sms()
    status, fetched = await sim.twilio("GET", f"Messages/{message['sid']}.json")
    assert (status, fetched["sid"], fetched["body"]) == (200, message["sid"], "hello")
    assert (await sim.twilio("GET", "Messages/SM0.json"))[1]["code"] == 20404


async def test_list_is_paged_newest_first(sim: Any) -> None:
    """The list goes from the newest to the oldest, page after page, without a gap or a repetition."""
    sids = [(await sim.sms(str(number)))[1]["sid"] for number in range(5)]
    seen: list[str] = []
    query = {"To": "+250788123456", "PageSize": "2"}
    while query:
        status, page = await sim.twilio("GET", **query)
        assert status == 200
        seen += [message["sid"] for message in page["messages"]]
        following = page["next_page_uri"]
        query = {name: values[0] for name, values in parse_qs(urlsplit(following or "").query).items()}
    assert seen == sids[::-1]


async def test_list_is_filtered(sim: Any) -> None:
    """To, From and the time of sending narrow the list."""
    await sim.sms()
    await sim.sms(To="+250788999999")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    found = await sim.twilio("GET", To="+250788999999", **{"DateSent>": yesterday.strftime("%Y-%m-%dT%H:%M:%SZ")})
    assert [message["to"] for message in found[1]["messages"]] == ["+250788999999"]
    assert (await sim.twilio("GET", **{"DateSent<": yesterday.date().isoformat()}))[1]["messages"] == []
    assert len((await sim.twilio("GET", DateSent=datetime.now(UTC).date().isoformat()))[1]["messages"]) == 2
    assert (await sim.twilio("GET", From="+250788123456"))[1]["messages"] == []


async def test_stop_blocks_until_start(sim: Any) -> None:
    """After STOP a send is refused with 21610 and the phone has Twilio's own answer; START lifts it."""
    for word, status in (("Stop", 400), ("START", 201)):
        phone = {"provider": "twilio", "from": "+250788123456", "text": word}
        assert (await sim.ask("POST", "/phones/send", phone))[1]["taken"] is True
        seen, answer = await sim.sms()
        assert seen == status
        assert answer.get("code") == (21610 if status == 400 else None)
    assert len(await sim.outbox()) == 1


async def test_inbound_messages_are_listed(sim: Any) -> None:
    """What a phone wrote is in the message list, so that a gateway can find what it missed."""
    sim.gateway.answers = [503]
    phone = {"provider": "twilio", "from": "+250788123456", "text": "ride"}
    _, written = await sim.ask("POST", "/phones/send", phone)
    assert written["status"] == 503
    _, page = await sim.twilio("GET", To="+15550783881")
    (message,) = page["messages"]
    assert (message["sid"], message["direction"], message["body"]) == (written["id"], "inbound", "ride")
