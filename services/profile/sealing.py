"""How numbers lie in the database: sealed with AES-256-GCM, and found by a keyed hash.

A sealed value names its key, so that keys can change: the first of NUMBER_KEYS seals, all of them open. It is bound to
its place by what it is sealed `for` (authenticated, not hidden): moved to another row it does not open. The hash has a
key of its own that does not change, because everything is found by it.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from google.protobuf.message import Message

from chassis.settings import Secret, SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
# As GCM wants it; random ones may repeat after some 2**32 values under one key.
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[a-z0-9_-]{1,20}")


class SealBroken(Exception):
    """A sealed value does not open: its key is not among ours, or it was changed or moved."""


class Sealer:
    """Seals, opens and hashes with the keys of the settings."""

    def __init__(self, keys: Sequence[tuple[str, bytes]], hash_key: bytes) -> None:
        """`keys` are (id, 32 bytes), the one that seals first."""
        self._keys = dict(keys)
        self._current = keys[0][0]
        self._hash_key = hash_key

    @classmethod
    def of(cls, number_keys: Secret, hash_key: Secret) -> "Sealer":
        """From NUMBER_KEYS and NUMBER_HASH_KEY; raises SettingsError, which tells the place and never a key."""
        problems = []
        keys: list[tuple[str, bytes]] = []
        for place, part in enumerate(number_keys.reveal().split(","), start=1):
            key_id, colon, encoded = part.strip().partition(":")
            key = _decoded(encoded)
            if not colon or not _KEY_ID.fullmatch(key_id) or key is None:
                problems.append(f"NUMBER_KEYS: entry {place} must be id:key, the key 32 bytes in base64")
            elif key_id in dict(keys):
                problems.append(f"NUMBER_KEYS: entry {place} has the id of another one")
            else:
                keys.append((key_id, key))
        hashing = _decoded(hash_key.reveal())
        if hashing is None:
            problems.append("NUMBER_HASH_KEY: must be 32 bytes in base64")
        elif hashing in dict(keys).values():
            problems.append("NUMBER_HASH_KEY: must not be one of NUMBER_KEYS")
        if problems or hashing is None:
            raise SettingsError(problems)
        return cls(keys, hashing)

    @property
    def current(self) -> bytes:
        """How everything begins that is sealed with the first key."""
        return _prefix(self._current)

    def seal(self, value: bytes, bound_to: bytes) -> bytes:
        """The key's id, a nonce, and the value that nobody reads or changes without the key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self.current + nonce + self._ciphers[self._current].encrypt(nonce, value, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """The value; raises SealBroken."""
        from cryptography.exceptions import InvalidTag

        length = sealed[0] + 1 if sealed else 0
        cipher = self._ciphers.get(sealed[1:length].decode("ascii", "replace"))
        if cipher is None:
            raise SealBroken("sealed with a key that is not among NUMBER_KEYS")
        nonce, rest = sealed[length : length + _NONCE_BYTES], sealed[length + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, rest, bound_to)
        except (InvalidTag, ValueError):
            raise SealBroken("a sealed value was changed or moved") from None

    def hashed(self, kind: str, *parts: bytes) -> bytes:
        """32 bytes by which a value is found. `kind` keeps equal values of different kinds apart."""
        # Lengths go along, so that no two lists of parts read the same.
        told = b"".join(len(part).to_bytes(4, "big") + part for part in (kind.encode(), *parts))
        return hmac.digest(self._hash_key, told, hashlib.sha256)

    def fingerprint(self, request: Message) -> bytes:
        """What the ledger compares repeats by. With a key: requests hold numbers, names and places, quickly guessed."""
        return self.hashed("fingerprint", request.SerializeToString(deterministic=True))[:16]

    def warm(self) -> None:
        """Import what seals now instead of at the first number."""
        self.open(self.seal(b"", b""), b"")

    @cached_property
    def _ciphers(self) -> "dict[str, AESGCM]":
        # Imported here: it takes a good part of a cold start, and nothing is sealed before we serve.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return {key_id: AESGCM(key) for key_id, key in self._keys.items()}


def _prefix(key_id: str) -> bytes:
    return bytes([len(key_id)]) + key_id.encode("ascii")


def _decoded(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == _KEY_BYTES else None
