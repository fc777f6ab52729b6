"""Whose an address is: the rules alone."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.address_book import AddressBook

NAMES = st.tuples(
    st.sampled_from(["wa:+1", "wa:+2", "wa:+3"]) | st.none(), st.sampled_from(["wau:a", "wau:b"]) | st.none()
)


@given(st.lists(NAMES.filter(any), max_size=12), st.integers(0, 12))
def test_no_conversation_has_two_user_ids(pairs: list[tuple[str | None, str | None]], cut: int) -> None:
    """Whatever numbers come with which user ids, in however many batches: no conversation is with two people."""
    known: dict[str, int] = {}
    highest = 0
    for batch in (pairs[:cut], pairs[cut:]):
        book = AddressBook(known)
        places = [book.join([one for one in pair if one]) for pair in batch]
        owners = dict(known)
        for address, _, after in book.moves:
            owners.pop(address)
            if after is not None:
                owners[address] = after
        owners |= book.new
        owners = {address: book.root(owner) for address, owner in owners.items()}
        if batch:
            last = [one for one in batch[-1] if one]
            assert {owners[one] for one in last} == {book.root(places[-1])}
        known = {address: owner if owner > 0 else highest - owner for address, owner in owners.items()}
        highest = max([highest, *known.values()])
        users = [owner for address, owner in known.items() if address.startswith("wau:")]
        assert len(users) == len(set(users))
