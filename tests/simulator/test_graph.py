"""What the pretended Graph API takes and what it refuses."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

BUTTON = {"type": "reply", "reply": {"id": "ride", "title": "Ride"}}
ROW = {"id": "1", "title": "Moto"}


def buttons(*titles: str, **more: Any) -> dict[str, Any]:
    made = [{"type": "reply", "reply": {"id": f"id-{place}", "title": title}} for place, title in enumerate(titles)]
    return {"type": "button", "body": {"text": "Which?"}, "action": {"buttons": made}, **more}


def rows(*items: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    action = {"button": "Choose", "sections": [{"rows": list(items)}]}
    return {"type": "list", "body": {"text": "Which?"}, "action": action, **more}


async def test_text_is_accepted_and_recorded(sim: Any) -> None:
    """A text is answered with the recipient and an id, and lies in the outbox as it was sent."""
    status, answer = await sim.text("Muraho 👋")
    assert status == 200
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [{"input": "+250788123456", "wa_id": "250788123456"}]
    assert answer["messages"][0]["id"].startswith("wamid.")
    (item,) = await sim.outbox()
    assert item.keys() == {"provider", "to", "id", "at", "payload"}
    assert (item["provider"], item["to"], item["id"]) == ("whatsapp", "+250788123456", answer["messages"][0]["id"])
    assert item["payload"]["text"] == {"body": "Muraho 👋"}


async def test_bsuid_is_answered_with_user_id(sim: Any) -> None:
    """A message to a BSUID has a user_id and no wa_id in its answer, and is found by the BSUID."""
    message = {"messaging_product": "whatsapp", "recipient": "RW.13491208655302741918", "text": {"body": "hello"}}
    status, answer = await sim.graph(message)
    assert (status, answer["contacts"]) == (200, [{"input": message["recipient"], "user_id": message["recipient"]}])
    assert len(await sim.outbox("RW.13491208655302741918")) == 1


async def test_to_wins_over_recipient(sim: Any) -> None:
    """When both are given, the message goes to the number."""
    assert (await sim.text(recipient="RW.13491208655302741918"))[0] == 200
    assert len(await sim.outbox()) == 1
    assert await sim.outbox("RW.13491208655302741918") == []


async def test_missing_plus_sign_goes_abroad(sim: Any) -> None:
    """Without a plus sign the business's country code is put in front, so the message misses the person."""
    status, answer = await sim.text(to="250788123456")
    assert (status, answer["contacts"][0]["wa_id"]) == (200, "1250788123456")
    assert await sim.outbox() == []


TAKEN = (
    buttons("One", "Two", "Three"),
    buttons("x" * 20, footer={"text": "f" * 60}, header={"type": "text", "text": "h" * 60}),
    rows({"id": "i" * 200, "title": "t" * 24, "description": "d" * 72}),
    rows(*({"id": str(number), "title": "Same"} for number in range(10)), body={"text": "b" * 4096}),
    {
        "type": "location_request_message",
        "body": {"text": "Where are you?"},
        "action": {"name": "send_location"},
    },
    {
        "type": "cta_url",
        "body": {"text": "Look"},
        "action": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://example.org/"}},
    },
)


async def test_interactive_inside_the_limits_is_taken(sim: Any) -> None:
    """Each kind of interactive message is taken up to its very limits."""
    for interactive in TAKEN:
        status, answer = await sim.interactive(interactive)
        assert status == 200, (interactive, answer)


REFUSED: tuple[tuple[dict[str, Any], int], ...] = (
    (buttons("1", "2", "3", "4"), 131009),
    (buttons("x" * 21), 131009),
    (buttons(""), 131009),
    (buttons("Same", "Same"), 131009),
    (buttons("One", body={"text": "b" * 1025}), 131009),
    (buttons("One", footer={"text": "f" * 61}), 131009),
    (buttons("One", action={"buttons": [BUTTON, BUTTON]}), 131009),
    (buttons("One", action={"buttons": [{"type": "reply", "reply": {"id": "i" * 257, "title": "t"}}]}), 131009),
    (buttons("One", action={"buttons": []}), 131009),
    (buttons("One", action={}), 131008),
    (buttons("One", subtitle="x"), 100),
    (rows(*({"id": str(number), "title": "t"} for number in range(11))), 131009),
    (rows(ROW, ROW), 131009),
    (rows({"id": "1", "title": "t" * 25}), 131009),
    (rows({"id": "i" * 201, "title": "t"}), 131009),
    (rows({"id": "1", "title": "t", "description": "d" * 73}), 131009),
    (rows({"id": "1"}), 131008),
    (rows(ROW, action={"button": "b" * 21, "sections": [{"rows": [ROW]}]}), 131009),
    (rows(ROW, action={"button": "b", "sections": [{"rows": [ROW]}, {"rows": [{**ROW, "id": "2"}]}]}), 131008),
    (rows(ROW, action={"button": "b", "sections": [{"title": "t" * 25, "rows": [ROW]}]}), 131009),
    (
        rows(
            ROW,
            action={
                "button": "b",
                "sections": [
                    {"title": "a", "rows": [{"id": f"a{n}", "title": "t"} for n in range(6)]},
                    {"title": "b", "rows": [{"id": f"b{n}", "title": "t"} for n in range(5)]},
                ],
            },
        ),
        131009,
    ),
    (rows(ROW, body={"text": "b" * 4097}), 131009),
    ({"type": "location_request_message", "body": {"text": "x"}, "action": {"name": "locate"}}, 131009),
    ({"type": "carousel", "body": {"text": "x"}, "action": {}}, 131009),
    ({"type": "button", "action": {"buttons": [BUTTON]}}, 131008),
)


async def test_interactive_outside_the_limits_is_refused(sim: Any) -> None:
    """Beyond a limit the answer is a Graph error with Meta's code and the offending field, and nothing is recorded."""
    for interactive, code in REFUSED:
        status, answer = await sim.interactive(interactive)
        assert (status, answer["error"]["code"]) == (400, code), interactive
        assert answer["error"].keys() >= {"message", "type", "code", "fbtrace_id"}
    assert await sim.outbox() == []


MISTAKES: tuple[tuple[dict[str, Any], int], ...] = (
    ({"messaging_product": "telegram"}, 100),
    ({"text": {"body": "x" * 4097}}, 100),
    ({"text": {"body": " "}}, 131009),
    ({"text": {}}, 131008),
    ({"text": "hello"}, 100),
    ({"text": {"body": "x", "colour": "red"}}, 100),
    ({"to": None}, 100),
    ({"to": "somebody"}, 131009),
    ({"to": 250788123456}, 131009),
    ({"to": "+15550783881"}, 131021),
    ({"type": "hologram"}, 131051),
    ({"biz_opaque_callback_data": "x" * 513}, 131009),
    ({"surprise": 1}, 100),
    ({"recipient_type": "crowd"}, 131009),
    ({"context": {}}, 131008),
)


async def test_wrong_message_is_refused(sim: Any) -> None:
    """Each mistake in a message has the code that Meta gives it."""
    message = {"messaging_product": "whatsapp", "to": "+250788123456", "type": "text", "text": {"body": "x"}}
    for change, code in MISTAKES:
        status, answer = await sim.graph({**message, **change})
        assert (status, answer["error"]["code"]) == (400, code), change


async def test_lone_surrogate_is_not_json(sim: Any) -> None:
    """A body that no strict parser takes is refused, not stored."""
    headers = {"Authorization": "Bearer dev-access-token"}
    for body in (b"{", b"[]", b'{"messaging_product":"whatsapp","to":"+250788123456","text":{"body":"\\ud800"}}'):
        async with sim.session.post(
            f"{sim.url}/graph/v24.0/106540352242922/messages", data=body, headers=headers
        ) as response:
            assert response.status == 400
            assert (await response.json())["error"]["code"] == 100


async def test_credentials_and_ids_are_checked(sim: Any) -> None:
    """A wrong token is error 190, a wrong phone number id error 100 with sub-code 33, a wrong version error 2500."""
    assert (await sim.text())[0] == 200
    status, answer = await sim.graph({}, Authorization="Bearer stolen")
    assert (status, answer["error"]["code"]) == (401, 190)
    headers = {"Authorization": "Bearer dev-access-token"}
    for path, code, subcode in (("v24.0/1", 100, 33), ("latest/106540352242922", 2500, None)):
        async with sim.session.post(f"{sim.url}/graph/{path}/messages", json={}, headers=headers) as response:
            error = (await response.json())["error"]
            assert (response.status, error["code"], error.get("error_subcode")) == (400, code, subcode)


async def test_pair_limit_lets_a_burst_through(sim: Any) -> None:
    """Forty-five messages to one person at once are taken, the next is 131056, others are not affected."""
    began = time.monotonic()
    for _ in range(45):
        assert (await sim.text())[0] == 200
    while (refused := await sim.text())[0] == 200:
        assert time.monotonic() - began > 6  # as long as it takes to win one more
    assert (refused[0], refused[1]["error"]["code"]) == (400, 131056)
    assert (await sim.text(to="+250788123457"))[0] == 200
    taken = len(await sim.outbox())
    await sim.ask("POST", "/clock", {"shift_seconds": 6.5})
    assert (await sim.text())[0] == 200
    assert len(await sim.outbox()) == taken + 1


@pytest.mark.parametrize("environ", [{"SIMULATOR_PAIR_BURST": "2"}])
async def test_pair_limit_is_of_the_person(sim: Any) -> None:
    """Whoever is written to by number and by BSUID is one person with one limit."""
    await sim.write(phone="+250788123456", bsuid="RW.77")
    to_bsuid = {"messaging_product": "whatsapp", "recipient": "RW.77", "text": {"body": "hello"}}
    assert (await sim.text())[0] == 200
    assert (await sim.graph(to_bsuid))[0] == 200
    assert (await sim.graph(to_bsuid))[1]["error"]["code"] == 131056
    assert (await sim.text())[1]["error"]["code"] == 131056


async def test_read_receipt_is_no_message(sim: Any) -> None:
    """Marking a message as read succeeds and puts nothing into the outbox."""
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}
    assert await sim.graph(receipt) == (200, {"success": True})
    assert await sim.outbox() == []
