"""What a newcomer reads once everything is up: where things are, and three lines that say what to do first."""

from collections.abc import Mapping
from dataclasses import dataclass

from launcher.plan import Plan

_HOME = "http://127.0.0.1:"


@dataclass(frozen=True)
class Banner:
    """A mesh that is ready after `seconds`; `database` says where its data is."""

    plan: Plan
    database: str
    seconds: float

    @property
    def headline(self) -> str:
        """That it is ready."""
        return f"Hailwire is ready after {self.seconds:.1f} s"

    def places(self) -> Mapping[str, str]:
        """Everything there is to open or to know, by name."""
        ports, gateway = self.plan.ports, self._address("GATEWAY_HTTP_PORT")
        services = [name for name in self.plan.services if f"{name.upper()}_PROMETHEUS_PORT" in ports]
        pages = ", ".join(f"{name} :{ports[f'{name.upper()}_PROMETHEUS_PORT']}" for name in services)
        found = {"phones": f"{self._address('SIMULATOR_HTTP_PORT')}/"} if self.plan.simulated else {}
        found |= {
            "webhooks": f"{gateway}/webhooks/whatsapp  {gateway}/webhooks/twilio",
            "REST API": f"{gateway}/docs",
            **({"live page": f"{self._address('METRICS_HTTP_PORT')}/"} if "METRICS_HTTP_PORT" in ports else {}),
            "gRPC": f"profile :{ports['PROFILE_GRPC_PORT']}, trips :{ports['TRIPS_GRPC_PORT']}",
            "Prometheus": f"/metrics of {pages}",
            "database": self.database,
        }
        if self.plan.simulated:
            found["simulated"] = ", ".join(
                f"{provider.name} ({provider.missing} is not set)" for provider in self.plan.simulated
            )
        return {**found, **self.plan.development_secrets}

    def first_steps(self) -> list[str]:
        """Three lines: what to open, what to try, where to look when something is odd."""
        public = self.plan.environ["PUBLIC_BASE_URL"]
        if self.plan.simulated:
            opened = f"{self._address('SIMULATOR_HTTP_PORT')}/ shows phones, on WhatsApp and on SMS"
            tried = 'press "Play a ride" there, or write hello on a phone, and watch this log'
        else:
            opened = f"{self._address('GATEWAY_HTTP_PORT')}/docs lists what providers and clients may call"
            tried = "write hello to your number, and watch this log"
        if len(self.plan.simulated) < 2 and public.startswith(_HOME):
            tried += f"; first set PUBLIC_BASE_URL: no provider can reach {public}"
        helped = ".venv/bin/hailwire doctor checks everything, README.md explains it; Ctrl-C drains and stops"
        return [f"Open  {opened}.", f"Try   {tried}.", f"Help  {helped}."]

    def text(self) -> str:
        """All of it for a terminal."""
        rows = "\n".join(f"  {name:<18} {value}" for name, value in self.places().items())
        steps = "\n".join(f"  {step}" for step in self.first_steps())
        return f"\n{self.headline}.\n\n{rows}\n\n{steps}\n"

    def _address(self, port: str) -> str:
        return f"{_HOME}{self.plan.ports[port]}"
