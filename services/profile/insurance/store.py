"""Insurance as rows: how people stand, the parts of their documents, and what they ask for."""

from collections.abc import Sequence

from chassis import changes, errors
from chassis.database import Database
from chassis.ledger import Ledger
from chassis.pages import Paging
from chassis.querying.query import Page
from services.profile.insurance import listing, rows, statements
from services.profile.insurance.certificate import Cover
from services.profile.insurance.document import DocumentInvalid, Part, check_part
from services.profile.insurance.ordering import Ordering
from services.profile.insurance.orders import Order
from services.profile.insurance.terms import Terms
from services.profile.person import PersonNotFound

# Documents that belong to nothing and are removed in one step: with their parts these are many bytes.
_STEP = 50


class InsuranceStore:
    """The certificates and claims of the database."""

    def __init__(self, database: Database, terms: Terms) -> None:
        self._database = database
        self._ledger = Ledger("profile")
        self.terms = terms

    async def covers(self, person_ids: Sequence[int]) -> list[Cover | errors.HailwireError]:
        """How each person stands now."""
        found = {}
        for row in await self._database.fetch(statements.COVERS, list(person_ids)):
            latest = None if row["certificate_id"] is None else rows.certificate(row)
            found[row["asked_id"]] = Cover(row["person_id"], row["covered_until"], latest, row["open_claims"])
        return [found.get(person_id) or PersonNotFound() for person_id in person_ids]

    async def put_part(self, part: Part) -> None:
        """Keep a piece of a document; raises DocumentInvalid, DocumentTooLarge or PersonNotFound."""
        check_part(part, self.terms.most_bytes)
        if await self._database.execute(statements.PUT_PART, part.key, part.person_id, part.position, part.content):
            return
        owner = await self._database.fetchrow(statements.OWNER, part.key, part.person_id)
        if owner is None:
            raise PersonNotFound
        if not owner["theirs"]:
            raise DocumentInvalid

    async def carry_out(self, requests: Sequence[changes.Request[Order]]) -> list[bytes | errors.HailwireError]:
        """Serialized CertificateResults and ClaimResults, the first ones for repeats."""
        return await changes.carry_out_once(self._database, self._ledger, Ordering, requests)

    async def claims(self, person_id: int, paging: Paging) -> Page:
        """A page of a person's claims; empty for whoever has none."""
        (cover,) = await self.covers([person_id])
        if not isinstance(cover, Cover):
            return Page([])
        return await listing.page_of_claims(cover.person_id, paging).execute(self._database)

    async def expire_loose(self) -> int:
        """Remove a step of documents that belong to nothing; answers how many went."""
        return await self._database.execute(statements.EXPIRE_LOOSE, _STEP)
