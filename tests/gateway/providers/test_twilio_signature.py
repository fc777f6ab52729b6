"""Who may post to the Twilio webhook."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import Secret
from services.gateway.providers.twilio.form import pairs
from services.gateway.providers.twilio.signature import sign, verify

TOKEN = Secret("12345")
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
PLACE = "mycompany.com/myapp.php?foo=1&bar=2"
JSON = b'{"property": "value", "boolean": true}'
JSON_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"

# (URL as received, signature): published with Twilio's libraries and documentation, recomputed independently.
FORMS = [
    (f"https://{PLACE}", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com:443/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="),
    (f"https://{PLACE}", "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("http://mycompany.com:80/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    (f"http://{PLACE}", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    (f"https://user:pass@{PLACE}", "CukzLTc1tT5dXEDIHm/tKBanW10="),
    (f"https://user@{PLACE}", "2YRLlVAflCqxaNicjMpJcSTgzSs="),
    ("https://user:pass@mycompany.com:443/myapp.php?foo=1&bar=2", "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
    (f"https://user:pass@{PLACE}", "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
]


def check(url: str, raw: bytes, header: Any, tokens: list[Secret] | None = None, **arguments: Any) -> bool:
    place = urlsplit(url)
    return verify(
        raw,
        header,
        [TOKEN] if tokens is None else tokens,
        public_base_url=f"{place.scheme}://{place.netloc}",
        path=place.path,
        query=place.query.encode(),
        **arguments,
    )


@pytest.mark.parametrize(("url", "signature"), FORMS)
def test_published_form_vectors(url: str, signature: str) -> None:
    """The published vectors verify, with and without port, whatever the order of the fields."""
    raw = urlencode(CALL).encode()
    backwards = urlencode(list(reversed(CALL.items()))).encode()
    assert check(url, raw, signature)
    assert check(url, backwards, signature.encode())
    assert not check(url, raw, signature, [Secret("other")])
    assert not check(url + "3", raw, signature)


def test_the_example_of_the_documentation() -> None:
    """The worked example of Twilio's security page verifies."""
    raw = urlencode({**CALL, "From": "+14158675310", "Caller": "+14158675310"}).encode()
    assert check("https://example.com/myapp.php?foo=1&bar=2", raw, "L/OH5YylLD5NRKLltdqwSvS0BnU=")


def test_fields_given_twice() -> None:
    """Equal pairs count once and values of one name are sorted, as in Twilio's libraries."""
    raw = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"
    assert check(f"https://{PLACE}", raw, "IK+Dwps556ElfBT0I3Rgjkr1wJU=")


@pytest.mark.parametrize(
    ("query", "signature"),
    [
        (f"foo=1&bar=2&bodySHA256={JSON_HASH}", "a9nBmqA0ju/hNViExpshrM61xv4="),
        (f"bodySHA256={JSON_HASH}", "y77kIzt2vzLz71DgmJGsen2scGs="),
    ],
)
def test_published_json_vectors(query: str, signature: str) -> None:
    """A JSON body verifies through its hash in the URL, and fails when the body or the hash is another."""
    url = f"https://mycompany.com/myapp.php?{query}"
    assert check(url, JSON, signature, content_type="application/json; charset=utf-8")
    assert not check(url, JSON + b" ", signature, content_type="application/json")
    assert not check(url, b"", signature, content_type="application/json")
    # The same request dressed up as an empty form must not pass for one.
    assert not check(url, b"", signature)
    assert not check(f"{url}&bodySHA256={JSON_HASH}", JSON, signature, content_type="application/json")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", None])
def test_a_body_that_is_no_form_needs_its_hash(content_type: str | None) -> None:
    """Without bodySHA256 a signature over the URL alone binds no body, so it is refused."""
    url = "https://mycompany.com/hook"
    signature = sign(url, [], TOKEN)
    assert check(url, b"", signature)
    assert not check(url, b"{}", signature, content_type=content_type)
    assert not check(url, b"", signature, content_type=content_type)


@pytest.mark.parametrize(
    "header", [None, "", b"", "AAAA", "é", "\ud800", b"\xff\xfe", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", "====", " "]
)
def test_garbage_in_the_header_is_refused(header: str | bytes | None) -> None:
    """Whatever stands in the header, the answer is no and never an exception."""
    assert not check(f"https://{PLACE}", urlencode(CALL).encode(), header)


def test_every_flipped_bit_of_the_signature_is_refused() -> None:
    """No bit of the header can change, not even those that base64 ignores."""
    raw = urlencode(CALL).encode()
    for place in range(28 * 8):
        changed = bytearray(b"RSOYDt4T1cUTdK1PDd93/VVr8B8=")
        changed[place // 8] ^= 1 << place % 8
        assert not check(f"https://{PLACE}", raw, bytes(changed))


def test_every_flipped_bit_of_the_body_is_refused_or_means_the_same() -> None:
    """No bit of the form can change what it says; only the case of an escape's digits is free."""
    raw = urlencode({**CALL, "Body": "ça va? a+b & 100%"}).encode()
    url = f"https://{PLACE}"
    signature = sign(url, [(n.decode(), v.decode()) for n, v in pairs(raw)], TOKEN)
    assert check(url, raw, signature)
    for place in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[place // 8] ^= 1 << place % 8
        if check(url, bytes(changed), signature):
            assert pairs(bytes(changed)) == pairs(raw)


@pytest.mark.parametrize(
    ("base", "signed_base"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1"),
        ("https://rides.example/hailwire", "https://rides.example:443/hailwire"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]:443"),
    ],
)
def test_the_public_address_is_the_configured_one(base: str, signed_base: str) -> None:
    """The URL that counts is the configured one, a prefix or an IPv6 host included, in each spelling of its port."""
    fields = [("Body", ""), ("From", "+250730000001")]
    signature = sign(f"{signed_base}/webhooks/twilio?a=%20b", fields, TOKEN)
    assert verify(
        urlencode(fields).encode(),
        signature,
        [TOKEN],
        public_base_url=base,
        path=b"/webhooks/twilio",
        query=b"a=%20b",
    )


def test_either_token_counts_while_one_is_rotated_out_and_an_empty_one_never() -> None:
    """During a rotation both tokens verify; an empty token lets nobody in."""
    url, raw = "https://rides.example/webhooks/twilio", b"Body=hi"
    old = sign(url, [("Body", "hi")], Secret("old"))
    assert check(url, raw, old, [Secret("new"), Secret("old")])
    assert not check(url, raw, old, [Secret("new")])
    assert not check(url, raw, sign(url, [("Body", "hi")], Secret("")), [Secret("")])
    assert not check(url, raw, old, [])


@given(st.binary(max_size=200), st.binary(max_size=60), st.text(max_size=40) | st.binary(max_size=40))
def test_guesses_are_refused(raw: bytes, query: bytes, header: str | bytes) -> None:
    """Nobody guesses a signature, and no bytes make the check raise."""
    for content_type in ("application/x-www-form-urlencoded", "application/json"):
        assert not verify(
            raw, header, [TOKEN], public_base_url="https://x.example", path="/p", query=query, content_type=content_type
        )


@given(st.lists(st.tuples(st.text(max_size=10), st.text(max_size=20)), max_size=8))
def test_whatever_is_signed_verifies(fields: list[tuple[str, str]]) -> None:
    """Any fields, blank and repeated ones included, verify when they were signed."""
    clean = [(n.encode("utf-8", "replace").decode(), v.encode("utf-8", "replace").decode()) for n, v in fields]
    url = "https://rides.example/webhooks/twilio"
    assert check(url, urlencode(clean).encode(), sign(url, clean, TOKEN))
