"""What people ask for, checked as far as it can be without the database."""

from dataclasses import field

from chassis.records import record
from services.profile.insurance.document import Document


@record
class Submission:
    """A certificate, or more pages of the one that waits."""

    person_id: int
    documents: tuple[Document, ...]


@record
class NewClaim:
    """A claim with what happened."""

    person_id: int
    description: str = field(repr=False)


@record
class MoreDocuments:
    """Documents of a claim."""

    person_id: int
    claim_id: int
    documents: tuple[Document, ...]


Order = Submission | NewClaim | MoreDocuments
