"""Whom to ask: services by name, each at fixed addresses or at every address of a DNS name."""

from chassis.records import record

_DNS = "dns:///"


class TargetProblem(Exception):
    """A target cannot be understood; the text says which and why."""


@record
class Target:
    """One host and port of a service; `every_address`: each address of the name is a replica of its own."""

    service: str
    host: str
    port: int
    every_address: bool = False

    @property
    def address(self) -> str:
        """As gRPC and people write it."""
        return joined(self.host, self.port)


def joined(host: str, port: int) -> str:
    """host:port, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse(text: str) -> tuple[Target, ...]:
    """Read "gateway=dns:///gateway:50050,profile=10.0.0.1:50051|10.0.0.2:50051". Raises TargetProblem."""
    found: dict[Target, None] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        service, equals, places = entry.partition("=")
        service = service.strip()
        if not equals or not service.isidentifier():
            raise TargetProblem(f"{entry!r} is not service=host:port")
        for place in places.split("|"):
            found[_target(service, place.strip())] = None
    if not found:
        raise TargetProblem("names no service")
    return tuple(found)


def _target(service: str, place: str) -> Target:
    every_address = place.startswith(_DNS)
    host, colon, port = place.removeprefix(_DNS).rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not bare or not port.isdecimal() or not 0 < int(port) < 65536 or "/" in bare:
        raise TargetProblem(f"{service}={place!r} is not host:port")
    return Target(service, bare, int(port), every_address)
