"""The audit log of insurance: each change once, whose it was and by whom, in the words of the log."""

import datetime
import json
import uuid
from collections.abc import AsyncIterator

import pytest

from chassis import errors
from services.profile.insurance.certificate import RejectionReason
from services.profile.insurance.claim import ClaimState
from tests.profile.conftest import OpenChannel
from tests.profile.insured import Office, open_office
from tests.profile.wallets import reason


@pytest.fixture
async def office(open_channel: OpenChannel, database_url: str) -> AsyncIterator[Office]:
    """The services of one replica, and an operator."""
    async with open_channel() as channel, open_office(channel, database_url) as office:
        yield office


async def entries(office: Office, person_id: int) -> list[tuple[str, str, dict[str, object]]]:
    """What the log says of somebody since they came, oldest first."""
    sql = "SELECT action, actor, detail FROM profile.audit WHERE person_id = $1 ORDER BY audit_id OFFSET 1"
    rows = await office.fetch(sql, person_id)
    return [(row["action"], row["actor"], json.loads(row["detail"])) for row in rows]


async def test_every_change_of_a_certificate(office: Office) -> None:
    """Handed in, approved and taken back: an entry each; a repeat and a refusal leave none."""
    person_id, request_id = await office.newcomer(), uuid.uuid4().hex
    document = await office.put(person_id)
    first = await office.submit(person_id, document, request_id=request_id)
    assert await office.submit(person_id, document, request_id=request_id) == first
    certificate_id = first.certificate.certificate_id
    last_day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=30)
    async with office.operator() as operator:
        await operator.approve(certificate_id, last_day)
        await operator.reject(certificate_id, RejectionReason.NOT_THEIRS)
        with pytest.raises(errors.Refused):
            await operator.approve(certificate_id, last_day)
    assert await entries(office, person_id) == [
        ("insurance.submitted", "person", {"certificate": certificate_id, "documents": 1}),
        ("insurance.approved", "operator:tester", {"certificate": certificate_id}),
        ("insurance.rejected", "operator:tester", {"certificate": certificate_id, "reason": "not_theirs"}),
    ]


async def test_every_change_of_a_claim(office: Office) -> None:
    """Made, documented and moved on: an entry each, without the words of the claim; a refusal leaves none."""
    person_id = await office.newcomer()
    claim_id = (await office.claim(person_id)).claim.claim_id
    assert reason(await office.claim(person_id, "")) == "DESCRIPTION_INVALID"
    await office.add(person_id, claim_id, await office.put(person_id))
    async with office.operator() as operator:
        await operator.move(claim_id, ClaimState.IN_REVIEW)
        await operator.move(claim_id, ClaimState.ACCEPTED)
        with pytest.raises(errors.Refused):
            await operator.move(claim_id, ClaimState.REJECTED)
    assert await entries(office, person_id) == [
        ("claim.made", "person", {"claim": claim_id}),
        ("claim.documented", "person", {"claim": claim_id, "documents": 1}),
        ("claim.moved", "operator:tester", {"claim": claim_id, "state": "in_review"}),
        ("claim.moved", "operator:tester", {"claim": claim_id, "state": "accepted"}),
    ]
