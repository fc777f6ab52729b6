"""Every named statement of the services, found where it is declared: what `hailwire analyze` can be asked about."""

import importlib
import pkgutil
from collections.abc import Iterator

import services
from chassis import changes, database, silent
from chassis.caching import positions
from chassis.database import Statement
from chassis.ledger import Ledger
from chassis.ledger_search import LedgerSearch

SERVICES = ("gateway", "profile", "trips")
# Services that keep the outcomes of changes.
_LEDGERS = ("profile", "trips")


def every() -> dict[str, Statement]:
    """By name, in the order of the names."""
    found: dict[str, Statement] = {}
    for statement in (*_declared(), *_listed()):
        if found.setdefault(statement.name, statement) != statement:
            raise ValueError(f"two statements are called {statement.name}")
    return dict(sorted(found.items()))


def _declared() -> Iterator[Statement]:
    """Constants of modules, alone or several in a tuple, and the ledgers'."""
    modules = [changes, database, positions, silent]
    for service in SERVICES:
        prefix = f"{services.__name__}.{service}."
        folder = importlib.import_module(prefix.rstrip(".")).__path__
        modules += [importlib.import_module(found.name) for found in pkgutil.walk_packages(folder, prefix)]
    for module in modules:
        for value in vars(module).values():
            several = value if isinstance(value, tuple) else (value,)
            yield from (one for one in several if isinstance(one, Statement))
    for schema in _LEDGERS:
        yield from (*Ledger(schema).statements, *LedgerSearch(schema).statements)


def _listed() -> Iterator[Statement]:
    """What the lists come to: a statement for each combination of filters that is served."""
    for listing in (
        "profile.listing",
        "profile.audit_listing",
        "profile.enrichments.listing",
        "profile.insurance.listing",
        "profile.wallet.listing",
        "trips.listing",
    ):
        yield from importlib.import_module(f"services.{listing}").statements()
