"""Tokens signed by an identity provider: its keys are fetched once, anew for a new one, and never too often."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chassis.settings import Secret, SettingsError, load
from services.gateway import signing_keys
from services.gateway.settings import GatewaySettings
from services.gateway.signing_keys import KeysUnavailable, SigningKeys
from services.gateway.tokens import TokenRefused, Tokens

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
CLAIMS = {"iss": "https://id.example", "aud": "rides", "sub": "ann"}


def listed(key: Any, kid: str, **more: str) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


def signed(key: Any, kid: str | None, algorithm: str = "RS256", **claims: Any) -> str:
    headers = {"kid": kid} if kid is not None else {}
    token = jwt.encode({**CLAIMS, "exp": time.time() + 60, **claims}, key, algorithm=algorithm, headers=headers)
    return f"Bearer {token}"


class Provider:
    """An identity provider's list of keys, the clock of whoever fetches it, and how often it was fetched."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = [listed(RSA, "r1"), listed(CURVE, "e1")]
        self.status = 200
        self.body: bytes | None = None
        self.fetched = 0
        self.now = 0.0
        self.tokens: Tokens

    async def serve(self, _request: web.Request) -> web.Response:
        self.fetched += 1
        body = self.body if self.body is not None else json.dumps({"keys": self.keys}).encode()
        return web.Response(status=self.status, body=body, headers={"Location": "http://127.0.0.1:1/"})


@pytest.fixture
async def provider(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    monkeypatch.setattr(signing_keys, "_FETCH_SECONDS", 60.0)  # a machine that stands still is no provider that is away
    async with contextlib.AsyncExitStack() as stack:
        here = Provider()
        app = web.Application()
        app.router.add_get("/keys", here.serve)
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def give() -> aiohttp.ClientSession:
            return session

        keys = SigningKeys(f"http://127.0.0.1:{port}/keys", give, clock=lambda: here.now)
        here.tokens = Tokens(secret=Secret("x" * 40), keys=keys, issuer=CLAIMS["iss"], audience=CLAIMS["aud"])
        yield here


async def test_keys_are_fetched_once(provider: Provider) -> None:
    """Both algorithms are taken, and however many ask at once, the list is fetched once and kept."""
    bearers = [signed(RSA, "r1"), signed(CURVE, "e1", "ES256")] * 10
    assert await asyncio.gather(*(provider.tokens.user(bearer) for bearer in bearers)) == ["ann"] * 20
    assert provider.fetched == 1


async def test_a_new_key_is_found(provider: Provider) -> None:
    """A key id that we do not know is looked for once, and not again for ten seconds, whoever invents more of them."""
    await provider.tokens.user(signed(RSA, "r1"))
    provider.keys.append(listed(OTHER, "r2"))
    provider.now = 11
    assert await provider.tokens.user(signed(OTHER, "r2")) == "ann"
    assert provider.fetched == 2
    for guess in range(20):
        with pytest.raises(TokenRefused):
            await provider.tokens.user(signed(OTHER, f"guess {guess}"))
    assert provider.fetched == 2


async def test_a_provider_that_is_away(provider: Provider) -> None:
    """Without the list nobody is called a stranger; who is known goes on for an hour, and is looked up again after."""
    provider.status = 302
    with pytest.raises(KeysUnavailable):
        await provider.tokens.user(signed(RSA, "r1"))
    provider.status, provider.now = 200, 11
    assert await provider.tokens.user(signed(RSA, "r1")) == "ann"
    provider.body = b"x" * 300_000
    provider.now = 700
    assert await provider.tokens.user(signed(RSA, "r1")) == "ann"
    with pytest.raises(KeysUnavailable):
        await provider.tokens.user(signed(OTHER, "r2"))
    provider.now = 3700
    with pytest.raises(KeysUnavailable):
        await provider.tokens.user(signed(RSA, "r1"))


async def test_a_withdrawn_key_is_no_longer_believed(provider: Provider) -> None:
    """Ten minutes after the provider took it from its list, at the latest."""
    await provider.tokens.user(signed(RSA, "r1"))
    provider.keys = [listed(CURVE, "e1")]
    provider.now = 601
    with pytest.raises(TokenRefused):
        await provider.tokens.user(signed(RSA, "r1"))


async def test_the_algorithm_is_the_keys(provider: Provider) -> None:
    """No token chooses it: neither the public key as a secret, nor another family, nor none; and a key id is needed."""
    pem = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head, body = (
        jwt.utils.base64url_encode(json.dumps(part).encode())
        for part in ({"alg": "HS256", "kid": "r1"}, {**CLAIMS, "exp": time.time() + 60})
    )
    forged = hmac.digest(pem, head + b"." + body, hashlib.sha256)
    for bearer in (
        f"Bearer {(head + b'.' + body + b'.' + jwt.utils.base64url_encode(forged)).decode()}",
        "Bearer " + jwt.encode({**CLAIMS, "exp": time.time() + 60}, "x" * 40, algorithm="HS256"),
        signed(RSA, "r1", "RS512"),
        signed(RSA, "r1", "PS256"),
        signed(RSA, "e1"),
        signed(OTHER, "r1"),
        signed(RSA, None),
        signed(RSA, "r1", aud="another"),
        signed(RSA, "r1", iss="https://evil.example"),
        signed(RSA, "r1", exp=time.time() - 60),
    ):
        with pytest.raises(TokenRefused):
            await provider.tokens.user(bearer)


async def test_only_signing_keys_count(provider: Provider) -> None:
    """A key for encryption, or of an algorithm that is not ours, signs nothing here."""
    provider.keys += [listed(OTHER, "enc", use="enc"), listed(OTHER, "r512", alg="RS512"), {"kty": "oct", "k": "eA"}]
    for bearer in (signed(OTHER, "enc"), signed(OTHER, "r512", "RS512")):
        with pytest.raises(TokenRefused):
            await provider.tokens.user(bearer)


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, ["JWT_SECRET: is missing"]),
        ({"JWT_SECRET": "short"}, ["JWT_SECRET: is too short"]),
        ({"JWT_JWKS_URL": "https://id.example/keys"}, ["JWT_ISSUER: is missing", "JWT_AUDIENCE: is missing"]),
        (
            {"JWT_JWKS_URL": "http://id.example/keys", "JWT_ISSUER": "i", "JWT_AUDIENCE": "a"},
            ["JWT_JWKS_URL: must begin with https"],
        ),
        ({"JWT_JWKS_URL": "https://id.example/keys", "JWT_ISSUER": "i", "JWT_AUDIENCE": "a"}, []),
    ],
)
def test_settings(given: dict[str, str], problems: list[str]) -> None:
    """In production a gateway that could not tell whose token is good does not start."""
    secrets = ("WA_VERIFY_TOKEN", "WA_APP_SECRET", "WA_ACCESS_TOKEN", "WA_PHONE_NUMBER_ID", "TWILIO_ACCOUNT_SID")
    real = dict.fromkeys((*secrets, "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER", "DATABASE_URL"), "real")
    told: list[str] = []
    try:
        load(GatewaySettings, {**real, **given})
    except SettingsError as error:
        told = error.problems
    assert len(told) == len(problems)
    assert all(one.startswith(problem) for one, problem in zip(told, problems, strict=True))
