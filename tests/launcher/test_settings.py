"""Settings are declared once, documented, and mean the same everywhere."""

from collections import defaultdict

from launcher import catalogue, env_example


def test_env_example_is_current() -> None:
    """.env.example has every declared setting and no other: `make generate` writes it."""
    assert env_example.PATH.read_text(encoding="utf-8") == env_example.render()


def test_one_default_for_one_port() -> None:
    """A port that several processes read has the same default in each."""
    defaults = defaultdict(set)
    for _, declared in catalogue.every():
        if declared.env.endswith("_PORT"):
            defaults[declared.env].add(declared.default)
    assert defaults
    assert {name: found for name, found in defaults.items() if len(found) > 1} == {}


def test_one_development_value_for_one_secret() -> None:
    """A secret that several processes read has the same development value in each."""
    values = defaultdict(set)
    for _, declared in catalogue.every():
        if declared.development is not None:
            values[declared.env].add(declared.development)
    assert {name: found for name, found in values.items() if len(found) > 1} == {}
