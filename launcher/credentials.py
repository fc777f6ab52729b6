"""Which provider is real: decided by the credentials that are set, and half a set is told instead of guessed about."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.settings import load
from launcher.settings import SIMULATED_ACCOUNT, ProviderSettings

# Only for a mesh on one machine; every other command refuses them.
DEVELOPMENT_SECRETS = {
    "WA_VERIFY_TOKEN": "dev-verify-token",
    "WA_APP_SECRET": "dev-app-secret",
    "WA_ACCESS_TOKEN": "dev-access-token",
    "TWILIO_AUTH_TOKEN": "dev-auth-token",
    "ADMIN_TOKEN": "dev-admin-token",
    "JWT_SECRET": "dev-jwt-secret-for-this-machine-only",
    "NUMBER_KEYS": "dev:aGFpbHdpcmUgZGV2ZWxvcG1lbnQga2V5IG51bWJlcnM=",
    "NUMBER_HASH_KEY": "aGFpbHdpcmUgZGV2ZWxvcG1lbnQga2V5IGhhc2hlcyE=",
}


@dataclass(frozen=True)
class Simulated:
    """A provider that the simulator stands in for, and the setting that would make it real."""

    name: str
    missing: str


def simulated(environ: Mapping[str, str]) -> tuple[Simulated, ...]:
    """The providers without real credentials."""
    given = load(ProviderSettings, environ)
    found = []
    if not _real("WA_ACCESS_TOKEN", given.access_token.reveal()):
        found.append(Simulated("WhatsApp", "WA_ACCESS_TOKEN"))
    if given.account_sid == SIMULATED_ACCOUNT:
        found.append(Simulated("Twilio", "TWILIO_ACCOUNT_SID"))
    elif not _real("TWILIO_AUTH_TOKEN", given.auth_token.reveal()):
        found.append(Simulated("Twilio", "TWILIO_AUTH_TOKEN"))
    return tuple(found)


def problems(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each setting that a real provider lacks; its webhooks or sends would be refused one by one."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    found = []
    if _real("WA_ACCESS_TOKEN", given.get("WA_ACCESS_TOKEN", "")):
        found += [
            f"{name}: is missing; WA_ACCESS_TOKEN makes WhatsApp real, which needs it too ({what})"
            for name, what in (
                ("WA_APP_SECRET", "it signs Meta's webhooks"),
                ("WA_VERIFY_TOKEN", "chosen by you and entered at Meta"),
                ("WA_PHONE_NUMBER_ID", "the number that writes"),
            )
            if not _real(name, given.get(name, ""))
        ]
    if given.get("TWILIO_ACCOUNT_SID", SIMULATED_ACCOUNT) != SIMULATED_ACCOUNT:
        if not _real("TWILIO_AUTH_TOKEN", given.get("TWILIO_AUTH_TOKEN", "")):
            found.append("TWILIO_AUTH_TOKEN: is missing; TWILIO_ACCOUNT_SID makes Twilio real, which needs it too")
        elif not {"TWILIO_PHONE_NUMBER", "TWILIO_MESSAGING_SERVICE_SID"} & given.keys():
            found.append("TWILIO_PHONE_NUMBER: is missing; Twilio is real and wants it or TWILIO_MESSAGING_SERVICE_SID")
    return found


def _real(name: str, value: str) -> bool:
    return value not in {"", DEVELOPMENT_SECRETS.get(name)}
