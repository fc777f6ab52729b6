"""What people ask for, checked as far as it can be without the database."""

from dataclasses import dataclass, field

from services.profile.insurance.document import Document


@dataclass(frozen=True, slots=True)
class Submission:
    """A certificate, or more pages of the one that waits."""

    person_id: int
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class NewClaim:
    """A claim with what happened."""

    person_id: int
    description: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MoreDocuments:
    """Documents of a claim."""

    person_id: int
    claim_id: int
    documents: tuple[Document, ...]


Order = Submission | NewClaim | MoreDocuments
