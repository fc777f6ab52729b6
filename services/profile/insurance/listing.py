"""The lists of insurance: a person's claims page by page, and what operators look through."""

from collections.abc import Iterator

from chassis.database import Statement
from chassis.pages import Paging
from chassis.querying.query import Query
from chassis.querying.served import Served, statements_of
from chassis.querying.table import Column, Table
from chassis.querying.values import BIGINT, SMALLINT, TIMESTAMPTZ
from services.profile.insurance.certificate import CertificateState
from services.profile.insurance.claim import ClaimState

CERTIFICATES = Table(
    name="profile.certificate",
    alias="c",
    key="certificate_id",
    columns=(
        Column("certificate_id", BIGINT),
        Column("person_id", BIGINT),
        Column("state", SMALLINT),
        Column("submitted_at", TIMESTAMPTZ),
        Column("expires_at", TIMESTAMPTZ, nullable=True),
    ),
    computed={
        "reason": "c.reason",
        "document_count": "(SELECT count(*) FROM profile.document d WHERE d.certificate_id = c.certificate_id)",
    },
)

CLAIMS = Table(
    name="profile.claim",
    alias="c",
    key="claim_id",
    columns=(
        Column("claim_id", BIGINT),
        Column("person_id", BIGINT),
        Column("state", SMALLINT),
        Column("submitted_at", TIMESTAMPTZ),
    ),
    computed={"document_count": "(SELECT count(*) FROM profile.document d WHERE d.claim_id = c.claim_id)"},
)

# What an operator looks for: those in one state, oldest first, or everything, newest first.
SERVED = Served((), ("state",))
SERVED_TO_PEOPLE = Served(("person",))


def certificates(state: CertificateState | None = None) -> Query:
    """Certificates of everybody."""
    SERVED.check({"state"} if state is not None else set())
    asked = Query(CERTIFICATES, name="profile.certificates")
    asked = asked.select("certificate_id", "person_id", "state", "submitted_at", "expires_at", *CERTIFICATES.computed)
    return asked.order_by("submitted_at", descending=True) if state is None else _in_state(asked, int(state))


def claims(state: ClaimState | None = None) -> Query:
    """Claims of everybody."""
    SERVED.check({"state"} if state is not None else set())
    asked = Query(CLAIMS, name="profile.claims")
    asked = asked.select("claim_id", "person_id", "state", "submitted_at", *CLAIMS.computed)
    return asked.order_by("submitted_at", descending=True) if state is None else _in_state(asked, int(state))


def _in_state(asked: Query, state: int) -> Query:
    """Those in one state, oldest first.

    Written as a range, and sorted by it: for a single value the planner would walk the primary key and pass over
    everybody who was decided on long ago, of whom there are the most.
    """
    return asked.gte("state", state).lte("state", state).order_by("state")


def claims_of(person_id: int) -> Query:
    """One person's, newest first."""
    SERVED_TO_PEOPLE.check({"person"})
    asked = Query(CLAIMS, name="profile.claims_of_person")
    asked = asked.select("claim_id", "person_id", "state", "submitted_at", *CLAIMS.computed)
    return asked.eq("person_id", person_id).order_by("submitted_at", descending=True)


def page_of_claims(person_id: int, paging: Paging) -> Query:
    """A page of one person's; raises PageTokenInvalid."""
    return paging.of(claims_of(person_id))


def statements() -> Iterator[Statement]:
    """Every statement that a list may come to."""
    yield from statements_of(certificates())
    yield from statements_of(certificates(CertificateState.SUBMITTED))
    yield from statements_of(claims())
    yield from statements_of(claims(ClaimState.SUBMITTED))
    yield from statements_of(claims_of(1))
