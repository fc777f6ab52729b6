"""What may become of certificates and claims, and when people are reminded: rules that await nothing."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import SettingsError, load
from services.profile.insurance.certificate import (
    Certificate,
    CertificateDecided,
    CertificateState,
    ExpiryInvalid,
    RejectionReason,
    approved,
    next_due,
    rejected,
    reminded,
)
from services.profile.insurance.claim import (
    MAX_DESCRIPTION,
    OPEN_STATES,
    Claim,
    ClaimClosed,
    ClaimState,
    ClaimStepIllegal,
    DescriptionInvalid,
    description,
    moved,
)
from services.profile.insurance.document import PART_BYTES, DocumentInvalid, DocumentTooLarge, Part, check_part
from services.profile.insurance.settings import InsuranceSettings

NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
MEGABYTE = 1024 * 1024
WAITING = Certificate(1, 7, CertificateState.SUBMITTED, RejectionReason.NONE, 1, NOW - DAY)
GOOD = replace(WAITING, state=CertificateState.APPROVED, expires_at=NOW + 30 * DAY)


def test_only_what_waits_is_approved() -> None:
    """A certificate is approved once; not what was rejected, expired or approved before."""
    assert approved(WAITING, NOW + DAY, NOW) == replace(WAITING, state=CertificateState.APPROVED, expires_at=NOW + DAY)
    for state in set(CertificateState) - {CertificateState.SUBMITTED}:
        with pytest.raises(CertificateDecided):
            approved(replace(GOOD, state=state), NOW + DAY, NOW)


@pytest.mark.parametrize("expires_at", [NOW - DAY, NOW, NOW + 200 * 366 * DAY])
def test_an_approval_is_for_a_while(expires_at: datetime.datetime) -> None:
    """Neither for a time that is over nor for centuries, which somebody mistyped."""
    with pytest.raises(ExpiryInvalid):
        approved(WAITING, expires_at, NOW)


def test_an_approval_can_be_taken_back() -> None:
    """A mistake is mended by rejecting; what is rejected or has expired stays so."""
    assert rejected(GOOD, RejectionReason.NOT_THEIRS).state is CertificateState.REJECTED
    for state in (CertificateState.REJECTED, CertificateState.EXPIRED):
        with pytest.raises(CertificateDecided):
            rejected(replace(GOOD, state=state), RejectionReason.OTHER)


def test_reminders_come_in_turn_and_then_the_expiry() -> None:
    """14 and 3 days before, then at the end; what was slept through is not caught up."""
    expires_at = NOW + 30 * DAY
    assert next_due(expires_at, NOW, (3, 14)) == expires_at - 14 * DAY
    assert next_due(expires_at, expires_at - 14 * DAY, (3, 14)) == expires_at - 3 * DAY
    assert next_due(expires_at, expires_at - 2 * DAY, (3, 14)) == expires_at
    assert next_due(expires_at, NOW, ()) == expires_at


@given(
    days=st.lists(st.integers(1, 365), max_size=4),
    left=st.integers(-40, 400),
    other=st.none() | st.integers(-40, 400),
)
def test_every_certificate_ends_expired(days: list[int], left: int, other: int | None) -> None:
    """Each look comes later than the one before, the last one expires it, and a longer cover keeps it quiet."""
    certificate, now = replace(GOOD, expires_at=NOW + left * DAY), NOW
    other_until = None if other is None else NOW + other * DAY
    for _ in range(len(days) + 2):
        done = reminded(certificate, other_until, now, days)
        if done.due_at is None:
            assert done.certificate.state is CertificateState.EXPIRED
            assert done.told == (other_until is None or other_until <= now)
            return
        assert now < done.due_at
        assert done.told == (other_until is None or other_until <= NOW + left * DAY)
        now = done.due_at
    pytest.fail("it never expires")


@given(st.sampled_from(ClaimState), st.lists(st.sampled_from(ClaimState), max_size=6))
def test_claims_only_move_on(first: ClaimState, steps: list[ClaimState]) -> None:
    """Whatever operators try, a claim never goes back and never leaves a decision."""
    claim = Claim(1, 7, first, 0, NOW)
    for state in steps:
        before = claim.state
        try:
            claim = moved(claim, state)
        except ClaimClosed:
            assert before not in OPEN_STATES
        except ClaimStepIllegal:
            assert state <= before
        else:
            assert claim.state == state > before


@given(st.text(max_size=50))
def test_any_description_can_be_stored_or_is_refused(text: str) -> None:
    """What PostgreSQL stores no text of is left out; nothing at all is refused."""
    try:
        said = description(text)
    except DescriptionInvalid:
        return
    assert said
    assert "\0" not in said
    said.encode()


def test_a_description_has_an_end() -> None:
    """As long as a message of the channels may be, and not longer."""
    assert description("x" * MAX_DESCRIPTION)
    with pytest.raises(DescriptionInvalid):
        description("x" * (MAX_DESCRIPTION + 1))


def test_exactly_five_megabytes_pass() -> None:
    """The last part of a document may end at the limit and not one byte behind it."""
    most = 5 * MEGABYTE
    check_part(Part("k", 7, 4, b"x" * PART_BYTES), most)
    for position, length, refused in ((5, 1, DocumentTooLarge), (0, PART_BYTES + 1, DocumentInvalid)):
        with pytest.raises(refused):
            check_part(Part("k", 7, position, b"x" * length), most)


@given(key=st.text(max_size=140), position=st.integers(-2, 10), length=st.integers(0, 3))
def test_any_part_is_taken_or_refused_by_name(key: str, position: int, length: int) -> None:
    """Nothing that a caller makes of a part is an error of ours."""
    try:
        check_part(Part(key, 7, position, b"x" * length), 5 * MEGABYTE)
    except (DocumentInvalid, DocumentTooLarge):
        return
    assert 0 <= position < 5
    assert length


def test_settings_have_an_effect() -> None:
    """Size, days and the zone whose midnight ends a certificate; days that are none are refused."""
    given = {"MAX_MEDIA_SIZE_MB": "2", "INSURANCE_REMINDER_DAYS": "30, 7", "SERVICE_TIME_ZONE": "Africa/Kigali"}
    terms = load(InsuranceSettings, given).insurance_terms()
    assert (terms.most_bytes, terms.reminder_days) == (2 * MEGABYTE, (7, 30))
    midnight = datetime.datetime(2027, 3, 31, 22, 0, tzinfo=datetime.UTC)
    assert terms.end_of(datetime.date(2027, 3, 31)) == midnight
    for wrong in ("0", "x", "-3", "1.5", "9999"):
        with pytest.raises(SettingsError):
            load(InsuranceSettings, {"INSURANCE_REMINDER_DAYS": wrong}).insurance_terms()
