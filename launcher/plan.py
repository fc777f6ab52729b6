"""What `hailwire up` starts and which environment each process gets; decided before anything runs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from chassis.settings import SettingsError, declarations, load
from launcher import catalogue, credentials, port_owner, ports
from launcher.credentials import DEVELOPMENT_SECRETS, Simulated
from launcher.failure import CommandError
from launcher.settings import TokenSettings, UpSettings

# In the order in which they are drained: who takes work from outside goes first, who is asked goes last.
SERVICES = ("metrics", "gateway", "simulator", "trips", "profile")


@dataclass(frozen=True)
class Plan:
    """The services to run, in drain order, and the environment that they share."""

    services: tuple[str, ...]
    environ: Mapping[str, str]
    ports: Mapping[str, int]
    simulated: tuple[Simulated, ...]

    @property
    def development_secrets(self) -> dict[str, str]:
        """The well-known values in use, by setting; those that nothing reads are left out."""
        classes = [TokenSettings, *(cls for name in self.services for cls in catalogue.classes(name))]
        read = {declared.env for cls in classes for _, declared in declarations(cls)}
        return {
            name: value
            for name, value in DEVELOPMENT_SECRETS.items()
            if name in read and self.environ.get(name) == value
        }


def make(environ: Mapping[str, str], database_url: str) -> Plan:
    """Decide from the caller's environment. Raises CommandError when a port is taken, SettingsError for bad values.

    Every service's settings are judged here, so that all that is wrong is told at once, before anything runs.
    """
    simulated = credentials.simulated(environ)
    services = tuple(name for name in SERVICES if name != "simulator" or simulated)
    given = {name: value for name, value in environ.items() if value.strip()}
    home = {"DATABASE_URL": database_url or "chosen later"}
    usual = {declared.env: declared.default for _, declared in declarations(UpSettings)}
    _judge(services, {**_defaults(usual, simulated), **given, **home}, credentials.problems(given))
    settings = load(UpSettings, environ)
    numbers = _ports(settings)
    forced = {name: str(port) for name, port in numbers.items()} | {
        "DATABASE_URL": database_url,
        "HAILWIRE_HOME": str(settings.folder),
        "LOG_FORMAT": "json",  # `up` itself words what they say
    }
    return Plan(services, {**_defaults(numbers, simulated), **given, **forced}, numbers, simulated)


def _defaults(numbers: Mapping[str, object], simulated: tuple[Simulated, ...]) -> dict[str, str]:
    """What a mesh on these ports is told unless the caller says otherwise."""
    gateway = f"http://127.0.0.1:{numbers['GATEWAY_HTTP_PORT']}"
    simulator = f"http://127.0.0.1:{numbers['SIMULATOR_HTTP_PORT']}"
    defaults = {
        "HAILWIRE_ENV": "development",
        "LOG_LEVEL": "DEBUG",  # whoever plays a ride wants to read what becomes of it
        "PUBLIC_BASE_URL": gateway,
        "PROFILE_TARGET": f"127.0.0.1:{numbers['PROFILE_GRPC_PORT']}",
        "TRIPS_TARGET": f"127.0.0.1:{numbers['TRIPS_GRPC_PORT']}",
        "METRICS_TARGETS": ",".join(
            f"{name}=127.0.0.1:{numbers[f'{name.upper()}_GRPC_PORT']}"
            for name in ("gateway", "profile", "trips", "metrics")
        ),
        **DEVELOPMENT_SECRETS,
    }
    names = {provider.name for provider in simulated}
    if "WhatsApp" in names:
        defaults["WA_GRAPH_URL"] = f"{simulator}/graph/v25.0"  # as in Meta's own addresses
    if "Twilio" in names:
        defaults["TWILIO_API_URL"] = f"{simulator}/twilio"
    return defaults


def _judge(services: tuple[str, ...], environ: Mapping[str, str], known: list[str]) -> None:
    """Raises SettingsError with one problem for each setting that the mesh or one of its services cannot use."""
    problems = {problem.partition(":")[0]: problem for problem in known}
    for cls in (UpSettings, *(cls for name in services for cls in catalogue.classes(name))):
        try:
            load(cls, environ)
        except SettingsError as error:
            for problem in error.problems:
                problems.setdefault(problem.partition(":")[0], problem)
    if problems:
        raise SettingsError(list(problems.values()))


def _ports(settings: UpSettings) -> dict[str, int]:
    """Every port of the mesh by its setting. Raises CommandError that names all that are taken."""
    names = {field: declared.env for field, declared in declarations(UpSettings) if declared.env.endswith("_PORT")}
    wanted = {names[field.name]: getattr(settings, field.name) for field in fields(settings) if field.name in names}
    wanted.pop("HAILWIRE_POSTGRES_PORT")  # the embedded server looks after its own
    taken = {name: port for name, port in wanted.items() if port and not ports.is_free(port)}
    if taken:
        raise CommandError(_taken(taken))
    twice = [f"{name}={port}" for name, port in wanted.items() if port and list(wanted.values()).count(port) > 1]
    if twice:
        raise CommandError(f"{' and '.join(twice)} are the same port: give each its own number.")
    free = iter(ports.choose(len(wanted)))
    return {name: port or next(free) for name, port in wanted.items()}


def _taken(ports_by_setting: Mapping[str, int]) -> str:
    """One sentence for all that are taken, with whoever has them."""
    owners = {name: port_owner.worded(port) for name, port in ports_by_setting.items()}
    if len(ports_by_setting) == 1:
        ((name, port),) = ports_by_setting.items()
        by = f" by {owners[name]}" if owners[name] else ""
        return f"port {port} ({name}) is taken{by}: stop what listens there, or set {name} to another number."
    blamed = ", ".join(
        f"{port} ({name}{': ' + owners[name] if owners[name] else ''})" for name, port in ports_by_setting.items()
    )
    return f"ports {blamed} are taken: stop what listens there, or set other numbers."
