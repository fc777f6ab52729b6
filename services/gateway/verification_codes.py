"""Codes that prove a number: made from a nonce and a secret of ours, so that none is stored anywhere in clear.

The outbox holds the nonce; the code is worked out when its SMS is sent, and an SMS that is not sent in time never is.
The secret is the one that sends SMS: who has it may read and write them anyway.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from chassis.records import record
from chassis.settings import Secret
from services.gateway.conversations.code_words import code_words
from services.gateway.messages import Reply, Text, reply_from_dict

_CODES = 10**6
# How a code's row in the outbox is told from a reply.
_TYPE = "code"


@record
class CodeMessage:
    """A code on its way to a phone, as the outbox keeps it."""

    nonce: str = field(repr=False)
    language: str
    until: datetime

    def to_dict(self) -> dict[str, Any]:
        """As stored in the outbox."""
        return {"type": _TYPE, "nonce": self.nonce, "language": self.language, "until": self.until.isoformat()}


class CodeLapsed(Exception):
    """The code does not count any more: nobody should type it."""


class VerificationCodes:
    """Makes codes, and the words that carry them."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    @staticmethod
    def new_nonce() -> str:
        """What a code is made from."""
        return secrets.token_hex(16)

    def code(self, nonce: str) -> str:
        """Six digits."""
        digest = hmac.digest(self._secret.reveal().encode(), f"verification code {nonce}".encode(), hashlib.sha256)
        return f"{int.from_bytes(digest) % _CODES:06}"

    def reply(self, stored: Mapping[str, Any], now: datetime) -> Reply:
        """What a row of the outbox says to a phone; raises CodeLapsed, or ValueError for what is no reply."""
        if stored.get("type") != _TYPE:
            return reply_from_dict(stored)
        if now >= datetime.fromisoformat(stored["until"]):
            raise CodeLapsed
        return Text(code_words(stored["language"], self.code(stored["nonce"])))
