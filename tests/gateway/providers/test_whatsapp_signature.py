"""Who may post to the WhatsApp webhook."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import Secret
from services.gateway.providers.whatsapp import handshake
from services.gateway.providers.whatsapp.signature import verify

SECRET = Secret("dev-app-secret")
BODY = '{"text":"mwaramutse, ça va ? \\u00e4 \\/ é"}'.encode()


def signed(raw: bytes, secret: str = "dev-app-secret") -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("raw", "signature"),
    [
        (b"hello world", "sha256=f39034b29165ec6a5104d9aef27266484ab26c8caa7bca8bcb2dd02e8be61b17"),
        (b"hello world2", "sha256=60905fdf409d0b4f721e99f6f25b31567a68a6b45e933d814e17a246be4c5a53"),
    ],
)
def test_published_vectors(raw: bytes, signature: str) -> None:
    """The published vectors verify, as text and as bytes."""
    assert verify(raw, signature, [Secret("sesame")])
    assert verify(raw, signature.encode(), [Secret("sesame")])
    assert not verify(raw, signature, [SECRET])


def test_every_flipped_bit_of_the_body_is_refused() -> None:
    """No bit of the body can change without the signature failing."""
    header = signed(BODY)
    assert verify(BODY, header, [SECRET])
    for place in range(len(BODY) * 8):
        changed = bytearray(BODY)
        changed[place // 8] ^= 1 << place % 8
        assert not verify(bytes(changed), header, [SECRET])


def test_every_flipped_bit_of_the_signature_is_refused() -> None:
    """No bit of the header can change, the case of its digits included."""
    header = signed(BODY).encode()
    for place in range(len(header) * 8):
        changed = bytearray(header)
        changed[place // 8] ^= 1 << place % 8
        assert not verify(BODY, bytes(changed), [SECRET])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        b"",
        "sha256=",
        "sha256=00",
        "sha1=" + "0" * 40,
        "sha256=é" + "0" * 63,
        "\ud800",
        b"\xff" * 71,
        "0" * 64,
    ],
)
def test_garbage_in_the_header_is_refused(header: str | bytes | None) -> None:
    """Whatever stands in the header, the answer is no and never an exception."""
    assert not verify(BODY, header, [SECRET])


@given(st.binary(max_size=200), st.text(max_size=100) | st.binary(max_size=100))
def test_guesses_are_refused(raw: bytes, header: str | bytes) -> None:
    """Nobody guesses a signature."""
    assert not verify(raw, header, [SECRET])


def test_either_secret_counts_while_one_is_rotated_out() -> None:
    """During a rotation both secrets verify, and afterwards only the new one does."""
    old, new = Secret("old"), Secret("new")
    assert verify(BODY, signed(BODY, "old"), [new, old])
    assert verify(BODY, signed(BODY, "new"), [new, old])
    assert not verify(BODY, signed(BODY, "old"), [new])


def test_an_empty_secret_lets_nobody_in() -> None:
    """A secret that was forgotten does not verify what was signed with nothing."""
    assert not verify(BODY, signed(BODY, ""), [Secret("")])
    assert not verify(BODY, signed(BODY, ""), [])


def query(**fields: str) -> dict[str, str]:
    usual = {"mode": "subscribe", "challenge": "1158201444", "verify_token": "let me in"}
    return {f"hub.{name}": value for name, value in {**usual, **fields}.items()}


def test_the_handshake_echoes_the_challenge() -> None:
    """The right token gets the challenge back."""
    assert handshake.answer(query(), Secret("let me in")) == "1158201444"


@pytest.mark.parametrize(
    "fields",
    [
        {"verify_token": "wrong"},
        {"verify_token": ""},
        {"verify_token": "\ud800é"},
        {"mode": "unsubscribe"},
        {"challenge": "<script>"},
        {"challenge": ""},
        {"challenge": "1" * 129},
        {"challenge": "1\n"},
    ],
)
def test_any_other_handshake_is_refused(fields: dict[str, str]) -> None:
    """A wrong token, another mode, or a challenge that could be markup gets nothing."""
    assert handshake.answer(query(**fields), Secret("let me in")) is None


def test_a_handshake_without_a_configured_token_is_refused() -> None:
    """An empty verify token matches nothing, not even an empty one."""
    assert handshake.answer(query(verify_token=""), Secret("")) is None
    assert handshake.answer({}, Secret("x")) is None
