"""What a mesh in development has sealed, for tests that look into the database."""

from collections.abc import Mapping
from typing import Any

from chassis.settings import Secret
from launcher.credentials import DEVELOPMENT_SECRETS
from services.profile.person import IdentityKind
from services.profile.rows import identity_hash
from services.profile.sealing import Sealer

# What a service outside of development is started with.
KEYS = {
    "NUMBER_KEYS": "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "NUMBER_HASH_KEY": "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=",
}
SEALER = Sealer.of(Secret(DEVELOPMENT_SECRETS["NUMBER_KEYS"]), Secret(DEVELOPMENT_SECRETS["NUMBER_HASH_KEY"]))


def opened(row: Mapping[str, Any]) -> str:
    """The number or user id of a row of profile.identity."""
    return SEALER.open(row["value_sealed"], row["value_hash"]).decode()


def whatsapp_hash(number: str) -> bytes:
    """What a WhatsApp number is found by."""
    return identity_hash(SEALER, IdentityKind.WHATSAPP_NUMBER, number)
