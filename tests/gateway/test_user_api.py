"""What the REST APIs have in common: each request is counted by what became of it."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from chassis import errors
from chassis.instruments import Counter
from chassis.settings import Secret
from services.gateway.tokens import Tokens
from services.gateway.user_api import Declined, UserApi, done
from tests.gateway.test_phone_numbers import SECRET, token

TOKENS = Tokens(secret=Secret(SECRET), keys=None, issuer=None, audience=None)


def asked_by(user: str) -> Request:
    return Request({"type": "http", "method": "GET", "headers": [(b"authorization", f"Bearer {token(user)}".encode())]})


async def test_answers_and_refusals_are_counted() -> None:
    """One that was served counts as ok, one that was refused as its code."""
    counted = Counter()

    async def serve(_request: Request, user: str) -> Response:
        if user == "bob":
            raise Declined("MALFORMED")
        return done(200, {})

    answer = UserApi(TOKENS, counted, refusals={}, reasons={}).answering("list", serve)
    assert (await answer(asked_by("ann"))).status_code == 200
    assert (await answer(asked_by("bob"))).status_code == 400
    assert counted.value(step="list", result="ok") == 1
    assert counted.value(step="list", result="malformed") == 1


@pytest.mark.parametrize("broken", [errors.Internal("broken"), LookupError("broken")])
async def test_what_breaks_is_no_answer(broken: Exception) -> None:
    """A fault of ours is left to whoever serves us, and counts as failed, never as ok."""
    counted = Counter()

    async def serve(_request: Request, _user: str) -> Response:
        raise broken

    answer = UserApi(TOKENS, counted, refusals={}, reasons={}).answering("list", serve)
    with pytest.raises(type(broken)):
        await answer(asked_by("ann"))
    assert list(counted.read()) == [(1, {"step": "list", "result": "failed"})]
