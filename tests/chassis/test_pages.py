"""Pages and batches as every service has them."""

import pytest

from chassis import errors, pages


def test_the_size_of_a_page_has_bounds() -> None:
    """0 is the default, too many is cut, negative is refused."""
    assert [pages.page_size(asked) for asked in (0, 1, 1000, 5000)] == [50, 1, 1000, 1000]
    with pytest.raises(errors.InvalidArgument):
        pages.page_size(-1)
