"""The REST API of phone numbers: a user links a number by a code that its phone receives, and nobody else can."""

import asyncio
import json
import re
import time
import uuid
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import pytest

from services.gateway import attempts
from tests.gateway.away import open_with
from tests.gateway.conftest import Open
from tests.gateway.mesh import Mesh, sms, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/user/phone-number"
SECRET = "dev-jwt-secret-for-this-machine-only"
CODE = re.compile(r"\b([0-9]{6})\b")


@dataclass(frozen=True)
class Told:
    """What the app got."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def error(self) -> str:
        assert self.body["success"] is False
        return str(self.body["error"])


def token(user: str, **claims: Any) -> str:
    return jwt.encode({"sub": user, "exp": time.time() + 300, **claims}, SECRET, algorithm="HS256")


class App:
    """The app of one user."""

    def __init__(self, mesh: Mesh, user: str = "") -> None:
        self.mesh = mesh
        self.user = user or f"user-{uuid.uuid4().hex}"

    async def ask(self, method: str, path: str = PATH, content: Any = None, **headers: str) -> Told:
        body = content if isinstance(content, bytes) else None if content is None else json.dumps(content).encode()
        given = {"Authorization": f"Bearer {token(self.user)}", "Content-Type": "application/json", **headers}
        async with self.mesh.session.request(method, self.mesh.url + path, data=body, headers=given) as response:
            raw = await response.read()
            names = {name.lower(): value for name, value in response.headers.items()}
            return Told(response.status, names, json.loads(raw) if raw else None)

    async def start(self, number: str) -> Told:
        return await self.ask("POST", PATH, {"phone_number": number})

    async def verify(self, number: str, code: str) -> Told:
        return await self.ask("POST", f"{PATH}/verify", {"phone_number": number, "code": code})

    async def links(self, number: str) -> None:
        assert (await self.start(number)).status == 201
        assert (await self.verify(number, await code_at(self.mesh, number))).status == 200


async def code_at(mesh: Mesh, number: str, nth: int = 1) -> str:
    """The nth code that a phone received."""
    payloads = await mesh.answered(number, nth)
    found = CODE.search(payloads[nth - 1]["Body"])
    assert found is not None
    return found[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def later(mesh: Mesh, minutes: float) -> None:
    """So much later than now by the clock of the mesh."""
    await mesh.value("UPDATE chassis.clock SET shift = make_interval(secs => $1)", minutes * 60)


@pytest.fixture
def number(phone: str) -> str:
    """A phone of one test's own."""
    return f"+{phone}"


async def test_a_number_is_linked_read_and_unlinked(mesh: Mesh, number: str) -> None:
    """The code of the SMS links the number, once; GET shows it; after DELETE nothing believes in it any more."""
    app = App(mesh)
    assert (await app.ask("GET")).error == "PHONE_NUMBER_NOT_FOUND"
    assert (await app.ask("DELETE")).status == 404
    started = await app.start(number)
    assert started.status == 201
    assert started.body["data"].keys() == {"phone_number", "verified", "expires_at", "resend_at"}
    code = await code_at(mesh, number)
    shown = await app.ask("GET")
    assert (shown.status, shown.body["data"]["verified"]) == (200, False)
    verified = await app.verify(number, code)
    assert (verified.status, verified.body["data"]["phone_number"]) == (200, number)
    assert (await app.verify(number, code)).error == "VERIFICATION_FAILED"
    for _ in range(2):
        shown = await app.ask("GET")
        assert (shown.status, shown.body["data"]["phone_number"], shown.body["data"]["verified"]) == (200, number, True)
        assert shown.headers["cache-control"] == "no-store"
    gone = await app.ask("DELETE")
    assert (gone.status, gone.body) == (204, None)
    assert (await app.ask("GET")).status == 404
    assert (await app.ask("DELETE")).error == "PHONE_NUMBER_NOT_FOUND"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({}, "MISSING_PHONE_NUMBER"),
        ({"phone_number": "  "}, "MISSING_PHONE_NUMBER"),
        ({"phone_number": 250788000001}, "INVALID_PHONE_NUMBER"),
        ({"phone_number": "0788000001"}, "INVALID_PHONE_NUMBER"),
        ({"phone_number": "4158675309"}, "INVALID_PHONE_NUMBER"),
        ({"phone_number": "+250111"}, "INVALID_PHONE_NUMBER"),
        ({"phone_number": "+19005551234"}, "INVALID_PHONE_NUMBER"),
        ({"phone_number": "+250788000001;ext=5"}, "INVALID_PHONE_NUMBER"),
        ({"phone_number": "+" + "9" * 3000}, "INVALID_PHONE_NUMBER"),
        ([], "MALFORMED"),
        (b"{", "MALFORMED"),
        (b"\xff", "MALFORMED"),
        (b"", "MALFORMED"),
    ],
)
async def test_what_is_no_mobile_number(mesh: Mesh, content: Any, error: str) -> None:
    """Without + and country code, of a costly or impossible plan, or no JSON: refused, and no country is guessed."""
    told = await App(mesh).ask("POST", PATH, content)
    assert (told.status, told.error) == (400, error)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({}, "MISSING_FIELDS"),
        ({"phone_number": "+250788000001"}, "MISSING_FIELDS"),
        ({"code": "123456"}, "MISSING_FIELDS"),
        ({"phone_number": "+250788000001", "code": "12345"}, "INVALID_CODE_FORMAT"),
        ({"phone_number": "+250788000001", "code": "1234567"}, "INVALID_CODE_FORMAT"),
        ({"phone_number": "+250788000001", "code": "\uff11\uff12\uff13\uff14\uff15\uff16"}, "INVALID_CODE_FORMAT"),
        ({"phone_number": "+250788000001", "code": 123456}, "INVALID_CODE_FORMAT"),
        ({"phone_number": "12", "code": "123456"}, "INVALID_PHONE_NUMBER"),
        ({"phone_number": "+250788000001", "code": "123456"}, "VERIFICATION_FAILED"),
    ],
)
async def test_what_is_no_attempt(mesh: Mesh, content: Any, error: str) -> None:
    """Six digits and the number are wanted, and a code that was never sent proves nothing."""
    told = await App(mesh).ask("POST", f"{PATH}/verify", content)
    assert (told.status, told.error) == (400, error)


async def test_bodies_are_bounded_and_json(mesh: Mesh) -> None:
    """Another media type is 415, a body beyond 4 kB 413; both only after the token is looked at."""
    app = App(mesh)
    assert (await app.ask("POST", PATH, b"x" * 5000)).status == 413
    assert (await app.ask("POST", PATH, b"phone_number=1", **{"Content-Type": "text/plain"})).status == 415
    assert (await app.ask("POST", PATH, b"x" * 5000, Authorization="")).status == 401


async def test_a_number_is_written_as_people_do(mesh: Mesh, number: str) -> None:
    """Spaces, dashes and brackets after + are taken; what is stored and answered is E.164."""
    spaced = f"{number[:4]} ({number[4:7]}) {number[7:10]}-{number[10:]}"
    told = await App(mesh).ask("POST", PATH, {"phoneNumber": spaced})
    assert (told.status, told.body["data"]["phone_number"]) == (201, number)
    await mesh.answered(number)


async def test_five_attempts(mesh: Mesh, number: str) -> None:
    """After five wrong codes the right one is refused, too, with the same words."""
    app = App(mesh)
    await app.start(number)
    code = await code_at(mesh, number)
    answers = await asyncio.gather(*(app.verify(number, wrong(code)) for _ in range(12)))
    assert {answer.error for answer in answers} == {"VERIFICATION_FAILED"}
    assert (await app.verify(number, code)).error == "VERIFICATION_FAILED"


async def test_ten_minutes(mesh: Mesh, number: str) -> None:
    """A code counts for ten minutes and no longer, and GET shows what is being proved for as long."""
    app = App(mesh)
    await app.start(number)
    code = await code_at(mesh, number)
    await later(mesh, 10.1)
    assert (await app.verify(number, code)).error == "VERIFICATION_FAILED"
    assert (await app.ask("GET")).status == 404


async def test_codes_are_rationed(mesh: Mesh, number: str) -> None:
    """One a minute, three a day to one number by one user; Retry-After tells when; a day later it goes on."""
    app = App(mesh)
    assert (await app.start(number)).status == 201
    again = await app.start(number)
    assert (again.status, again.error) == (429, "TOO_MANY_REQUESTS")
    assert 0 < int(again.headers["retry-after"]) <= 60
    for nth, minutes in enumerate((1.1, 2.2), start=2):
        await later(mesh, minutes)
        assert (await app.start(number)).status == 201
        assert len(await mesh.answered(number, nth)) == nth
    await later(mesh, 60)
    refused = await app.start(number)
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) > 20 * 3600
    await later(mesh, 25 * 60)
    assert (await app.start(number)).status == 201


async def test_asking_side_by_side_sends_one_code(mesh: Mesh, number: str) -> None:
    """However many ask at once, the number is counted before anything is sent."""
    app = App(mesh)
    answers = await asyncio.gather(*(app.start(number) for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [201] + [429] * 9
    await mesh.settled()
    assert len(mesh.received(number)) == 1


async def test_a_squatter_is_in_nobodys_way(mesh: Mesh, number: str) -> None:
    """A number that one user asked for, as often as they may, is linked by its owner all the same."""
    squatter, owner = App(mesh), App(mesh)
    for minutes in (0, 1.1, 2.2):
        await later(mesh, minutes)
        assert (await squatter.start(number)).status == 201
    assert (await owner.start(number)).status == 201
    code = await code_at(mesh, number, 4)
    assert (await owner.verify(number, code)).status == 200
    assert (await squatter.verify(number, await code_at(mesh, number, 3))).error == "PHONE_NUMBER_ALREADY_LINKED"
    assert (await squatter.ask("GET")).status == 404


async def test_nobody_verifies_anothers_number(mesh: Mesh, number: str) -> None:
    """A code proves a number for whom it was sent, and for the number that it was sent to."""
    owner, thief = App(mesh), App(mesh)
    await owner.start(number)
    code = await code_at(mesh, number)
    assert (await thief.verify(number, code)).error == "VERIFICATION_FAILED"
    other = f"+250789{number[-6:]}"
    await thief.start(other)
    assert (await thief.verify(number, await code_at(mesh, other))).error == "VERIFICATION_FAILED"
    assert (await owner.verify(number, code)).status == 200


async def test_a_linked_number_is_taken(mesh: Mesh, number: str) -> None:
    """Nobody else starts on it; its user is told the same, and that another number needs the first one unlinked."""
    owner, other = App(mesh), App(mesh)
    await owner.links(number)
    for app in (owner, other):
        told = await app.start(number)
        assert (told.status, told.error) == (409, "PHONE_NUMBER_ALREADY_LINKED")
    second = f"+250790{number[-6:]}"
    told = await owner.start(second)
    assert (told.status, told.error) == (409, "USER_HAS_DIFFERENT_PHONE")
    assert (await owner.ask("DELETE")).status == 204
    assert (await owner.start(second)).status == 201
    assert (await other.start(number)).status == 201
    assert len(await mesh.answered(number, 2)) == 2


async def test_asking_who_is_a_customer_is_rationed(mesh: Mesh, number: str) -> None:
    """Whether strangers' numbers are linked is told ten times a day."""
    await App(mesh).links(number)
    curious = App(mesh)
    answers = [(await curious.start(number)).status for _ in range(11)]
    assert answers == [409] * 10 + [429]


async def test_silence_is_honoured(mesh: Mesh, number: str) -> None:
    """Whoever wrote STOP by SMS gets no code, and the app is told that none was sent."""
    for body in ("hello", "STOP"):
        await mesh.texted(sms(number, body))
        await mesh.settled()
    before = len(mesh.received(number))
    told = await App(mesh).start(number)
    assert (told.status, told.error) == (409, "VERIFICATION_NOT_SENT")
    await mesh.settled()
    assert len(mesh.received(number)) == before


async def test_the_language_of_the_phone(mesh: Mesh, number: str) -> None:
    """Who chose French by SMS reads French; of somebody unknown the app's Accept-Language decides."""
    await mesh.texted(sms(number, "hello"))
    await mesh.answered(number)
    await mesh.texted(sms(number, "français"))
    before = len(await mesh.answered(number, 2))
    await App(mesh).start(number)
    assert "Votre code" in (await mesh.answered(number, before + 1))[-1]["Body"]
    stranger = f"+250791{number[-6:]}"
    await App(mesh).ask("POST", PATH, {"phone_number": stranger}, **{"Accept-Language": "fr-RW,fr;q=0.9"})
    assert "Votre code" in (await mesh.answered(stranger))[0]["Body"]


async def test_a_code_that_is_late_is_not_sent(mesh: Mesh, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the provider was away for ten minutes, the SMS that waited is skipped: nobody can use it any more."""
    monkeypatch.setattr(attempts, "_STOP_SECONDS", 0.1)  # a pause of the provider is measured in real time
    mesh.goes_wrong("twilio", "429", to=number, retry_after=600)
    assert (await App(mesh).start(number)).status == 201

    async def waits() -> bool:
        return bool(await mesh.value("SELECT count(*) FROM gateway.outbox WHERE state = 'queued' AND attempts > 0"))

    await until(waits, "the first attempt")
    await later(mesh, 10.1)
    await mesh.settled()
    (row,) = await mesh.rows("SELECT state, reason FROM gateway.outbox")
    assert row == {"state": "skipped", "reason": "code lapsed"}
    assert mesh.received(number) == []


async def test_no_code_and_no_number_is_kept_in_clear(
    mesh: Mesh, number: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """No table of either schema holds the code, none of profile the number, no line of the log either of them."""
    app = App(mesh)
    await app.start(number)
    code = await code_at(mesh, number)
    await app.verify(number, wrong(code))
    digits = number.removeprefix("+")
    for schema, texts in (("profile", (code, digits)), ("gateway", (code,))):
        tables = await mesh.rows("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema)
        for table in tables:
            rows = await mesh.rows(f"SELECT each::text AS told FROM {schema}.{table['tablename']} AS each")
            told = "".join(row["told"] for row in rows)
            found = [text for text in texts if text in told or text.encode().hex() in told]
            assert not found, table
    await app.verify(number, code)
    logged = "".join(capfd.readouterr())
    assert code not in logged
    assert digits not in logged


async def test_who_asks_must_say_so(mesh: Mesh) -> None:
    """Without a token that we can check every route is 401 with WWW-Authenticate, and says nothing more."""
    now = time.time()
    bad = {
        "none": "",
        "no bearer": f"Basic {token('a')}",
        "garbage": "Bearer x.y.z",
        "another secret": "Bearer " + jwt.encode({"sub": "a", "exp": now + 60}, "x" * 40, algorithm="HS256"),
        "another algorithm": "Bearer " + jwt.encode({"sub": "a", "exp": now + 60}, SECRET * 2, algorithm="HS512"),
        "no algorithm": "Bearer " + jwt.encode({"sub": "a", "exp": now + 60}, "", algorithm="none"),
        "over": f"Bearer {token('a', exp=now - 60)}",
        "without an end": "Bearer " + jwt.encode({"sub": "a"}, SECRET, algorithm="HS256"),
        "nobody": "Bearer " + jwt.encode({"exp": now + 60}, SECRET, algorithm="HS256"),
        "an empty user": f"Bearer {token('')}",
        "a user with a NUL": "Bearer " + token("a\0b"),
        "not begun": f"Bearer {token('a', nbf=now + 60)}",
        "for somebody else": f"Bearer {token('a', aud='another app')}",
        "endless": "Bearer " + "x" * 9000,
    }
    routes = [("GET", PATH), ("POST", PATH), ("DELETE", PATH), ("POST", f"{PATH}/verify")]
    bodies = set()
    for what, header in bad.items():
        for method, path in routes if what == "none" else routes[:1]:
            told = await App(mesh).ask(method, path, Authorization=header)
            if what == "endless" and told.status == 431:
                continue
            assert told.status == 401, what
            assert told.headers["www-authenticate"] == "Bearer"
            bodies.add(json.dumps(told.body))
    assert len(bodies) == 1


async def test_issuer_and_audience(open_here: Open) -> None:
    """What the configuration names, a token must name; a scheme in any case and a small leeway are fine."""
    async with open_here(JWT_ISSUER="https://id.example", JWT_AUDIENCE="rides") as mesh:
        app = App(mesh)
        right = {"iss": "https://id.example", "aud": ["other", "rides"]}
        for claims, status in (
            (right, 404),
            ({**right, "exp": time.time() - 1}, 404),
            ({**right, "iss": "https://evil.example"}, 401),
            ({**right, "aud": "other"}, 401),
            ({"iss": right["iss"]}, 401),
            ({"aud": "rides"}, 401),
        ):
            told = await app.ask("GET", Authorization=f"bearer {token(app.user, **claims)}")
            assert told.status == status, claims


async def test_without_the_profile_service(open_here: Open, fresh_database_url: str, phone: str) -> None:
    """It is 503 with Retry-After while the service is away, and everything is there when it is back."""
    async with open_with("profile", open_here, fresh_database_url) as (mesh, profile):
        app = App(mesh)
        await app.links(f"+{phone}")
        await profile.go()
        for method in ("GET", "DELETE"):
            told = await app.ask(method)
            assert (told.status, told.error) == (503, "UNAVAILABLE")
            assert int(told.headers["retry-after"]) > 0
        await profile.come()

        async def back() -> bool:
            return (await app.ask("GET")).status == 200

        await until(back, "the number")


async def test_nothing_is_kept_by_the_response_cache(mesh: Mesh) -> None:
    """No answer of somebody's is anybody else's."""
    async with aiohttp.ClientSession() as session:
        for user in ("a", "b"):
            headers = {"Authorization": f"Bearer {token(user)}"}
            async with session.get(mesh.url + PATH, headers=headers) as response:
                assert "X-Cache" not in response.headers
