"""docs/enrichments.md is true: its codes are those of the API, and its bounds are those of the service."""

import re

from launcher.environment import ROOT
from services.gateway import enrichment_items, user_api
from services.profile.enrichments import item

PAGE = (ROOT / "docs" / "enrichments.md").read_text(encoding="utf-8")


def test_every_code_is_on_the_page() -> None:
    """A developer finds each error code there, and no other."""
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+|MALFORMED)`", PAGE)) - {"PROFILE_ENRICHMENT_DAYS"}
    plain = (user_api.COMMON.keys() - {"MALFORMED"}) | {"INTERNAL"}
    assert named == set(enrichment_items._REFUSALS) - plain


def test_the_bounds_are_those_of_the_page() -> None:
    """So many wait at most."""
    assert f"at most {item.MOST_PENDING} wait" in PAGE
