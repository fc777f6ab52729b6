"""Stored items of either provider, read into the gateway's own words."""

from services.gateway.messages import Message, Provider, Status
from services.gateway.providers.twilio import reading as twilio
from services.gateway.providers.whatsapp import reading as whatsapp
from services.gateway.providers.whatsapp.reading import IdentityChange

__all__ = ["IdentityChange", "read_identity_change", "read_message", "read_status"]


def read_message(provider: Provider, raw: bytes) -> Message:
    """What a person did, from `Item.raw` of kind MESSAGE. Never raises for what `split` made."""
    return twilio.read_message(raw) if provider is Provider.TWILIO else whatsapp.read_message(raw)


def read_status(provider: Provider, raw: bytes) -> Status:
    """How far a message of ours came, from `Item.raw` of kind STATUS. Never raises for what `split` made."""
    return twilio.read_status(raw) if provider is Provider.TWILIO else whatsapp.read_status(raw)


def read_identity_change(provider: Provider, raw: bytes) -> IdentityChange | None:
    """(old, new) addresses when an item of kind MESSAGE or NOTICE tells that they changed, else None."""
    return None if provider is Provider.TWILIO else whatsapp.read_identity_change(raw)
