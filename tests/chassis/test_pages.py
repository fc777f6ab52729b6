"""Pages and batches as every service has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import errors, pages


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_token_leads_back_to_its_id(last: int) -> None:
    """Whatever the id, the token of a page names it."""
    assert pages.last_id(pages.token(last), first=0) == last


@given(st.text(max_size=40))
def test_foreign_tokens_are_refused_and_never_crash(text: str) -> None:
    """Any text is either one of our tokens, the first page, or PAGE_TOKEN_INVALID."""
    try:
        last = pages.last_id(text, first=7)
    except errors.InvalidArgument:
        return
    assert pages.token(last) == text or (text, last) == ("", 7)


def test_the_size_of_a_page_has_bounds() -> None:
    """0 is the default, too many is cut, negative is refused."""
    assert [pages.page_size(asked) for asked in (0, 1, 1000, 5000)] == [50, 1, 1000, 1000]
    with pytest.raises(errors.InvalidArgument):
        pages.page_size(-1)
