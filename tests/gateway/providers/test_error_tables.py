"""What each error code of the providers makes us do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.providers.sending import (
    Final,
    OptedOut,
    Retry,
    Stop,
    Unknown,
    Verdict,
    WindowClosed,
    retry_after_seconds,
)
from services.gateway.providers.twilio import errors as twilio
from services.gateway.providers.whatsapp import errors as whatsapp


def scope(verdict: Verdict) -> str:
    return verdict.scope if isinstance(verdict, Retry) else ""


@pytest.mark.parametrize(
    ("codes", "expected", "waits"),
    [
        ([0, 190], Stop, ""),
        ([3, 10, 200, 250, 299], Stop, ""),
        ([131048, 131064, 368, 131031, 130497], Stop, ""),
        ([4, 80007, 130429], Retry, "provider"),
        ([131057], Retry, "provider"),
        ([131056], Retry, "recipient"),
        ([131000, 131016, 2, 133004], Retry, "recipient"),
        ([131047], WindowClosed, ""),
        ([131026, 131049, 131050, 130403, 130472], Final, ""),
        ([100, 131008, 131009, 131021, 131051, 131062, 131052, 131053], Final, ""),
        ([99_999_999], Final, ""),
    ],
)
def test_meta_codes(codes: list[int], expected: type, waits: str) -> None:
    """Each documented code has its class, whatever HTTP status it comes with."""
    for code in codes:
        for http_status in (400, 403) if code == 99_999_999 else (400, 403, 429, 500):
            verdict = whatsapp.classify(code, http_status=http_status)
            assert isinstance(verdict, expected), code
            assert scope(verdict) == waits


def test_the_pair_limit_waits_four_to_the_power_of_the_attempts() -> None:
    """The pair limit asks this recipient alone to wait 1, 4, 16 ... seconds."""
    waits = [whatsapp.classify(131056, attempt=attempt) for attempt in (0, 1, 2, 50)]
    assert [wait.after_seconds for wait in waits if isinstance(wait, Retry)] == [1.0, 4.0, 16.0, 1024.0]
    longer = whatsapp.classify(131056, retry_after=30.0)
    assert isinstance(longer, Retry)
    assert longer.after_seconds == 30.0


def test_a_code_that_is_new_to_us() -> None:
    """An unlisted code is retried only when Meta hints that it passes."""
    assert isinstance(whatsapp.classify(999_999), Final)
    assert isinstance(whatsapp.classify(999_999, transient=True), Retry)
    assert isinstance(whatsapp.classify(999_999, http_status=503), Retry)
    assert scope(whatsapp.classify(999_999, http_status=429)) == "provider"


def test_a_phone_number_id_that_does_not_exist_stops_everything() -> None:
    """A wrong phone number id is configuration: it must not turn every reply into a dead letter."""
    assert whatsapp.classify(100, subcode=33) == Stop("PHONE_NUMBER_ID", 100)
    assert isinstance(whatsapp.classify(100), Final)


@pytest.mark.parametrize(
    ("codes", "expected", "waits"),
    [
        ([20429, 63018], Retry, "provider"),
        ([21611, 30001], Retry, "provider"),
        ([20003, 20404, 21606], Stop, ""),
        ([21610], OptedOut, ""),
        ([63016], WindowClosed, ""),
        ([21211, 21614, 21408, 21617], Final, ""),
        ([30003, 30004, 30005, 30006, 30007, 30008], Final, ""),
        ([99_999], Final, ""),
    ],
)
def test_twilio_codes(codes: list[int], expected: type, waits: str) -> None:
    """Each documented code has its class."""
    for code in codes:
        verdict = twilio.classify(code)
        assert isinstance(verdict, expected), code
        assert scope(verdict) == waits


@pytest.mark.parametrize(
    ("http_status", "expected"),
    [(302, Stop), (400, Final), (401, Stop), (403, Stop), (404, Stop), (429, Retry), (500, Unknown), (503, Unknown)],
)
def test_twilio_answers_without_a_code(http_status: int, expected: type) -> None:
    """Without a code the HTTP status decides; a 5xx may have queued the message, so it is unknown."""
    assert isinstance(twilio.by_http_status(http_status), expected)


def test_both_ways_of_writing_retry_after() -> None:
    """Seconds and dates are understood, an hour is the longest wait, rubbish is nothing."""
    now = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
    assert retry_after_seconds("7", now) == 7.0
    assert retry_after_seconds(" 7 ", now) == 7.0
    assert retry_after_seconds("Thu, 01 Jan 2026 12:01:00 GMT", now) == 60.0
    assert retry_after_seconds("Thu, 01 Jan 2026 11:00:00 GMT", now) == 0.0
    assert retry_after_seconds("9" * 50, now) == 3600.0
    for rubbish in (None, "", "soon", "-1", "٣", "1.5", "99 Foo 2026"):
        assert retry_after_seconds(rubbish, now) is None


@given(st.text(max_size=40))
def test_no_retry_after_raises(header: str) -> None:
    """Whatever the header says, it is a wait between nothing and an hour, or none."""
    wait = retry_after_seconds(header)
    assert wait is None or 0 <= wait <= 3600
