"""What is to be done, decided from the settings before anything begins; what is wrong with them is told all at once."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from chassis.settings import SettingsError, load
from launcher.environment import ROOT
from launcher.failure import CommandError
from loadtest.settings import PROFILES, Identity, LoadTestSettings, MeshSettings, Profile

T = TypeVar("T")


@dataclass(frozen=True)
class Order:
    """A load, and the mesh that it is for; without one the load test starts its own."""

    settings: LoadTestSettings
    load: Profile
    identity: Identity
    mesh: MeshSettings | None

    @property
    def output(self) -> Path:
        """Where the results go."""
        return ROOT / self.settings.output

    @property
    def messages(self) -> int:
        """How many are scheduled."""
        return round(self.load.rate * self.load.duration)


def read(environ: Mapping[str, str], *, far_away: bool = False) -> Order:
    """The order that these settings give; without HAILWIRE_ENV this machine is taken for development.

    Raises SettingsError, and CommandError for a mesh on another machine unless that is meant (`far_away`).
    """
    environ = {"HAILWIRE_ENV": "development", **environ}
    problems: list[str] = []
    settings = _loaded(LoadTestSettings, environ, problems)
    mesh = _loaded(MeshSettings, environ, problems)
    given = mesh is not None and any(_addresses(mesh).values())
    # A mesh of our own has the public secrets of development, whatever real ones are set here.
    identity = _loaded(Identity, environ if given else {"HAILWIRE_ENV": "development"}, problems)
    if mesh is not None and given:
        problems += _missing(mesh)
    if settings is not None:
        problems += _contradictions(settings)
    if problems or settings is None or mesh is None or identity is None:
        raise SettingsError(problems)
    if given and not far_away:
        _stay_at_home(mesh)
    return Order(settings, decided(settings), identity, mesh if given else None)


def decided(settings: LoadTestSettings) -> Profile:
    """The profile with what was set instead."""
    profile = PROFILES[settings.profile]
    rate = settings.rate
    if settings.delay is not None:
        rate = settings.concurrency * 1000 / settings.delay
    return replace(
        profile,
        rate=profile.rate if rate is None else rate,
        duration=profile.duration if settings.duration is None else settings.duration,
        status_rate=profile.status_rate if settings.status_rate is None else settings.status_rate,
    )


def _loaded(cls: type[T], environ: Mapping[str, str], problems: list[str]) -> T | None:
    try:
        return load(cls, environ)
    except SettingsError as error:
        problems += error.problems
        return None


def _contradictions(settings: LoadTestSettings) -> list[str]:
    found = []
    if settings.rate is not None and settings.delay is not None:
        found.append("LOAD_TEST_DELAY: LOAD_TEST_RATE is set, too, and either decides how many messages there are")
    profile = decided(settings)
    messages = round(profile.rate * profile.duration)
    if 0 < messages < settings.concurrency:
        found.append(f"LOAD_TEST_CONCURRENCY: must be at most {messages}, which is how many messages there are in all")
    return found


def _addresses(mesh: MeshSettings) -> dict[str, str]:
    return {"GATEWAY_URL": mesh.gateway_url, "SIMULATOR_URL": mesh.simulator_url, "METRICS_URL": mesh.metrics_url}


def _missing(mesh: MeshSettings) -> list[str]:
    found = []
    for name, url in _addresses(mesh).items():
        if not url:
            found.append(f"{name}: is missing; GATEWAY_URL, SIMULATOR_URL and METRICS_URL go together")
        elif not _is_address(url):
            found.append(f"{name}: must be an address such as http://127.0.0.1:8080")
    return found


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _stay_at_home(mesh: MeshSettings) -> None:
    """Raises CommandError: a load that is sent somewhere else by mistake is an attack."""
    hosts = {name: [urlsplit(url).hostname or ""] for name, url in _addresses(mesh).items()}
    hosts |= {"PROFILE_TARGET": _hosts_of(mesh.profile_target), "TRIPS_TARGET": _hosts_of(mesh.trips_target)}
    foreign = [name for name, named in hosts.items() if not all(map(_is_loopback, named))]
    if foreign:
        raise CommandError(
            f"{', '.join(foreign)} leads to another machine, and a load test there is felt by others: "
            "if it is yours and you mean it, add --yes-really."
        )


def _hosts_of(target: str) -> list[str]:
    """The hosts of a gRPC target: host:port, dns:///host:port, ipv4:1.2.3.4:5,1.2.3.5:5, ipv6:[::1]:5."""
    scheme, colon, rest = target.partition(":")
    places = rest if colon and scheme in {"dns", "ipv4", "ipv6"} else target
    return [place.rpartition("/")[2].rpartition(":")[0].strip("[]") or place.strip("[]") for place in places.split(",")]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
