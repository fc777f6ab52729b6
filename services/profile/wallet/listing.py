"""The statement of a wallet: the entries of its accounts, newest first, page by page."""

from collections.abc import Iterator, Sequence

from chassis.database import Statement
from chassis.pages import Paging
from chassis.querying.query import Query
from chassis.querying.served import Served, statements_of
from chassis.querying.table import Column, Table
from chassis.querying.values import BIGINT, TIMESTAMPTZ

ENTRIES = Table(
    name="profile.entry",
    alias="e",
    key="entry_id",
    columns=(
        Column("entry_id", BIGINT),
        Column("account_id", BIGINT),
        Column("transaction_id", BIGINT),
        Column("created_at", TIMESTAMPTZ),
    ),
    computed={
        "amount": "e.amount",
        "kind": "(SELECT t.kind FROM profile.transaction t WHERE t.transaction_id = e.transaction_id)",
        "reversed": ("coalesce((SELECT true FROM profile.transaction r WHERE r.reverses = e.transaction_id), false)"),
        "other_name": (
            "(SELECT p.name FROM profile.entry o JOIN profile.account a USING (account_id)"
            " JOIN profile.person p USING (person_id)"
            " WHERE o.transaction_id = e.transaction_id AND o.account_id <> e.account_id)"
        ),
    },
)

# Nearly everybody has one account, whose entries are in the order of one index; those of several have to be sorted.
SERVED = Served(("account",), ("accounts",))


def query(account_ids: Sequence[int]) -> Query:
    """The entries of these accounts, of which there is at least one."""
    SERVED.check({"account" if len(account_ids) == 1 else "accounts"})
    asked = Query(ENTRIES, name="profile.entries").select("transaction_id", *ENTRIES.computed)
    asked = asked.eq("account_id", account_ids[0]) if len(account_ids) == 1 else asked.in_("account_id", account_ids)
    return asked.order_by("created_at", descending=True)


def page_of(account_ids: Sequence[int], paging: Paging) -> Query:
    """A page of them; raises PageTokenInvalid."""
    return paging.of(query(account_ids))


def statements() -> Iterator[Statement]:
    """Every statement that a page may come to."""
    yield from statements_of(query([1]))
    yield from statements_of(query([1, 2]))
