"""Wallets as rows: opens them, and carries out what the book decides in one transaction per batch."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chassis import changes, errors
from chassis.database import Database, Session
from chassis.ledger import Ledger
from chassis.pages import Paging
from chassis.querying.query import Page
from services.profile import statements as people_statements
from services.profile.person import PersonNotFound
from services.profile.wallet import codes, listing, statements
from services.profile.wallet.account import (
    EXTERNAL,
    REWARD,
    Account,
    Booked,
    Credit,
    Kind,
    Order,
    Reversal,
    Transfer,
    WalletNotFound,
)
from services.profile.wallet.book import Book, Found, Past
from services.profile.wallet.messages import Messages
from services.profile.wallet.terms import DAY, Terms
from services.profile.wallet.writing import write_booked


class WalletStore:
    """The wallets of the database."""

    def __init__(self, database: Database, terms: Terms) -> None:
        self._database = database
        self._terms = terms
        self._ledger = Ledger("profile")
        self.messages = Messages(terms)

    async def open(self, person_ids: Sequence[int]) -> list[Account | errors.HailwireError]:
        """Each person's account, opened for those who had none."""
        found = await self._of_people(person_ids)
        missing = [person_id for person_id in dict.fromkeys(person_ids) if person_id not in found]
        opened = await changes.carry_out(
            self._database, lambda session: _Opening(session, self._terms.currency.code), missing
        )
        refused = {
            person_id: outcome
            for person_id, outcome in zip(missing, opened, strict=True)
            if isinstance(outcome, errors.HailwireError)
        }
        if len(refused) < len(missing):
            found |= await self._of_people([person_id for person_id in missing if person_id not in refused])
        return [found.get(person_id) or refused.get(person_id) or PersonNotFound() for person_id in person_ids]

    async def find(self, person_ids: Sequence[int]) -> list[Account | errors.HailwireError]:
        """Each person's account, as far as there is one."""
        found = await self._of_people(person_ids)
        return [found.get(person_id) or WalletNotFound() for person_id in person_ids]

    async def payees(self, wanted: Collection[str]) -> dict[str, Account]:
        """The accounts that have these codes, by the code asked for."""
        rows = await self._database.fetch(statements.OF_CODES, list(wanted), self._terms.currency.code)
        return await self._accounts({row["asked_code"]: row["account_id"] for row in rows})

    async def book(self, requests: Sequence[changes.Request[Order]]) -> list[bytes | errors.HailwireError]:
        """Serialized TransactionResults, the first ones for repeats."""
        named = [
            changes.Request(request.request_id, request.fingerprint, (request.request_id, request.item))
            for request in requests
        ]
        return await changes.carry_out_once(
            self._database, self._ledger, lambda session: _Booking(session, self._terms, self.messages), named
        )

    async def entries(self, person_id: int, paging: Paging) -> Page:
        """A page of a person's statement; raises WalletNotFound."""
        rows = await self._database.fetch(statements.STATEMENT_OF, person_id, self._terms.currency.code)
        if not rows:
            raise WalletNotFound
        return await listing.page_of(sorted(row["account_id"] for row in rows), paging).execute(self._database)

    async def _of_people(self, person_ids: Collection[int]) -> dict[int, Account]:
        rows = await self._database.fetch(statements.OF_PEOPLE, list(person_ids), self._terms.currency.code)
        return await self._accounts({row["asked_id"]: row["account_id"] for row in rows})

    async def _accounts(self, ids: Mapping[Any, int]) -> dict[Any, Account]:
        if not ids:
            return {}
        accounts = await _read(self._database, set(ids.values()))
        return {asked: accounts[account_id] for asked, account_id in ids.items()}


class _Opening:
    """New accounts inside one transaction. Their people are locked: whoever is being merged must not get one."""

    def __init__(self, session: Session, currency: str) -> None:
        self._session = session
        self._currency = currency
        self._survivors: dict[int, int] = {}

    async def lock(self, items: Sequence[int], *, wait: bool) -> set[int]:
        """The people, or those they were merged into."""
        rows = await self._session.fetch(people_statements.SURVIVORS, list(items))
        self._survivors = {row["person_id"]: row["survivor_id"] for row in rows}
        statement = people_statements.LOCK_PEOPLE if wait else people_statements.LOCK_FREE_PEOPLE
        rows = await self._session.fetch(statement, sorted(set(self._survivors.values())))
        locked = {row["person_id"] for row in rows}
        late = changes.behind([{self._survivors[item]} if item in self._survivors else set() for item in items], locked)
        if late and wait:
            raise errors.Conflict("the person was merged meanwhile")
        return late

    async def decide(self, items: Sequence[int]) -> list[errors.HailwireError | None]:
        """An account each, unless somebody else was faster; a code that is taken already makes all of it run again."""
        people = sorted({self._survivors[item] for item in items if item in self._survivors})
        now = await self._session.fetchval(statements.NOW)
        drawn = [codes.draw() for _ in people]
        await self._session.execute(statements.INSERT_ACCOUNTS, people, drawn, self._currency, now)
        return [None if item in self._survivors else PersonNotFound() for item in items]


class _Booking:
    """Orders inside one transaction, each with its request id. Accounts are locked in the order of their ids."""

    def __init__(self, session: Session, terms: Terms, messages: Messages) -> None:
        self._session = session
        self._terms = terms
        self._messages = messages
        self._found = Found({}, {}, {}, {})

    async def lock(self, items: Sequence[tuple[str, Order]], *, wait: bool) -> set[int]:
        """Both sides of each order."""
        orders = [order for _, order in items]
        await self._find(orders)
        wanted = sorted(set().union(*map(self._found.concerned, orders)))
        statement = statements.LOCK if wait else statements.LOCK_FREE
        locked = {row["account_id"] for row in await self._session.fetch(statement, wanted)} if wanted else set()
        # Found again: until the locks were ours, either side could be merged into another account.
        await self._find(orders)
        late = changes.behind([self._found.concerned(order) for order in orders], locked)
        if late and wait:
            raise errors.Conflict("the accounts changed meanwhile")
        return late

    async def _find(self, orders: Sequence[Order]) -> None:
        currency = self._terms.currency.code
        people = [
            order.person_id for order in orders if isinstance(order, Transfer | Credit) and order.person_id is not None
        ]
        told = [order.code for order in orders if isinstance(order, Transfer) and order.code is not None]
        past = [order.transaction_id for order in orders if isinstance(order, Reversal)]
        systems = [EXTERNAL, REWARD] if any(isinstance(order, Credit) for order in orders) else []
        if systems:
            await self._session.execute(statements.ENSURE_SYSTEM, systems, currency)
        self._found = Found(
            people=await self._ids(statements.OF_PEOPLE, people, "asked_id"),
            codes=await self._ids(statements.OF_CODES, told, "asked_code"),
            systems=await self._ids(statements.OF_SYSTEM, systems, "system"),
            past={row["transaction_id"]: _past(row) for row in await self._rows(statements.PAST, past)},
        )

    async def _ids(self, statement: Any, wanted: Sequence[Any], name: str) -> dict[Any, int]:
        return {row[name]: row["account_id"] for row in await self._rows(statement, wanted)}

    async def _rows(self, statement: Any, wanted: Sequence[Any]) -> list[Any]:
        return await self._session.fetch(statement, wanted, self._terms.currency.code) if wanted else []

    async def decide(self, items: Sequence[tuple[str, Order]]) -> list[bytes | errors.HailwireError]:
        """Book in order; a refusal is an outcome like any other."""
        now = await self._session.fetchval(statements.NOW)
        accounts = await _read(self._session, set().union(*(self._found.concerned(order) for _, order in items)))
        payers = {payer for _, order in items if (payer := self._found.sides(order)[0]) and isinstance(order, Transfer)}
        rows = await self._session.fetch(statements.SENT, sorted(payers), now - DAY) if payers else []
        new_ids = await self._session.fetch(statements.NEW_IDS, len(items))
        book = Book(
            now,
            self._terms,
            self._found,
            accounts.values(),
            {row["account_id"]: row["sent"] for row in rows},
            iter([row["nextval"] for row in new_ids]),
        )
        outcomes: list[bytes | errors.HailwireError] = []
        booked: list[tuple[str, Booked]] = []
        for request_id, order in items:
            try:
                done = book.book(order)
                booked.append((request_id, done))
                outcomes.append(self._messages.kept(done))
            except errors.HailwireError as refusal:
                outcomes.append(self._messages.kept(refusal))
        await write_booked(self._session, booked)
        return outcomes


async def _read(source: Database | Session, account_ids: Collection[int]) -> dict[int, Account]:
    rows = await source.fetch(statements.ACCOUNTS, sorted(account_ids)) if account_ids else []
    return {row["account_id"]: Account(**row) for row in rows}


def _past(row: Any) -> Past:
    return Past(
        transaction_id=row["transaction_id"],
        kind=Kind(row["kind"]),
        payer_id=row["payer_id"],
        payee_id=row["payee_id"],
        amount=row["amount"],
        reversed=row["reversed"],
    )
