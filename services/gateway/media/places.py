"""Where files may be fetched from, and who is told our credentials. Plain values; nothing is awaited.

An address comes from a signed webhook or from the provider's answer, and yet leads nowhere but to hosts that were named
beforehand: what is signed is that a provider sent it, not that it is harmless.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import field
from urllib.parse import urlsplit

from chassis.records import record
from services.gateway.media.refusals import PlaceRefused

_PORTS = {"https": 443, "http": 80}
# Addresses that carry another one in them: what is behind a translator is decided by the translator.
_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


@record
class Origin:
    """Scheme, host and port, as RFC 6454 compares them."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Of an address; raises PlaceRefused for what is none, or hides a name and password in it."""
        # What is not written as an address is would be read in one way here and in another by whoever connects.
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise PlaceRefused
        try:
            pieces = urlsplit(url)
            port = pieces.port or _PORTS[pieces.scheme]
        except (KeyError, ValueError) as error:
            raise PlaceRefused from error
        if not pieces.hostname or pieces.username is not None or pieces.password is not None:
            raise PlaceRefused
        return cls(pieces.scheme, pieces.hostname.lower().rstrip("."), port)


@record
class Source:
    """A provider: where its API is, which of its other places know us, and how it does."""

    api: Origin
    authorization: str = field(repr=False)
    others: frozenset[Origin] = frozenset()

    def authorization_at(self, place: Origin) -> dict[str, str]:
        """The header that this place is sent: nothing unless it is the provider's own."""
        return {"Authorization": self.authorization} if place == self.api or place in self.others else {}


class Places:
    """The hosts that files may come from. An entry ".example.com" means everything below that name."""

    def __init__(self, hosts: Iterable[str]) -> None:
        named = {host.strip().lower() for host in hosts} - {""}
        self._exact = frozenset(host for host in named if not host.startswith("."))
        self._below = tuple(host for host in named if host.startswith("."))

    def check(self, place: Origin, source: Source) -> None:
        """Raise PlaceRefused unless a file of this provider may be fetched there.

        The API itself was named by the operator, and may be anywhere; every other place is known, and only by https.
        """
        if place == source.api:
            return
        known = place.host in self._exact or place.host.endswith(self._below)
        if place.scheme != "https" or place.port != _PORTS["https"] or not known or is_literal(place.host):
            raise PlaceRefused


def is_literal(host: str) -> bool:
    """Whether a host is an address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether an address is one of the internet, and of nobody's own network or machine."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    translated = any(found.version == network.version and found in network for network in _TRANSLATED)
    return found.is_global and not found.is_multicast and not translated
