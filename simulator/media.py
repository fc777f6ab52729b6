"""Photos and recordings that phones attach, kept in memory inside two bounds, as the providers would serve them."""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from simulator.clock import Clock

_MOST_FILES = 200
_MOST_BYTES = 64 * 1024 * 1024
# Addresses that Graph hands out are good for five minutes.
_ADDRESS_SECONDS = 300.0

MEGABYTE = 1024 * 1024
# WhatsApp's limits, but for documents, which may truly have 100 MB. An MMS carries 5 MB whatever it is.
MOST_BYTES = {"image": 5 * MEGABYTE, "audio": 16 * MEGABYTE, "video": 16 * MEGABYTE, "document": 16 * MEGABYTE}
MOST_MMS_BYTES = 5 * MEGABYTE
TYPES = {
    "image/jpeg": "image",
    "image/png": "image",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
    "video/3gpp": "video",
    "video/mp4": "video",
    "application/pdf": "document",
}


class MediaError(ValueError):
    """What was attached cannot be sent; the text says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Media:
    """One file. `sid` is what Twilio calls it, `mime_type` may carry parameters such as codecs."""

    id: str
    sid: str
    mime_type: str
    content: bytes
    sha256: str

    @property
    def kind(self) -> str:
        """The type of the WhatsApp message that carries it."""
        return TYPES[self.mime_type.partition(";")[0]]


class MediaStore:
    """Files by their id, the oldest forgotten beyond the bounds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: OrderedDict[str, Media] = OrderedDict()
        self._addresses: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._bytes = 0

    def add(self, content_type: str, content: bytes) -> Media:
        """Keep a file; raises MediaError for what a phone could not attach."""
        mime_type = _normalised(content_type)
        kind = TYPES.get(mime_type.partition(";")[0])
        if kind is None:
            raise MediaError(f"{mime_type.partition(';')[0] or 'this'} is no kind of file that WhatsApp carries")
        most = MOST_BYTES[kind]
        if not content:
            raise MediaError("the file is empty")
        if len(content) > most:
            raise MediaError(f"{kind} can have at most {most // MEGABYTE} MB")
        digest = hashlib.sha256(content).hexdigest()
        # As many digits as Meta's ids have.
        number = str(secrets.randbelow(9 * 10**15) + 10**15)
        media = Media(number, f"ME{secrets.token_hex(16)}", mime_type, content, digest)
        self._files[media.id] = media
        self._bytes += len(content)
        while len(self._files) > _MOST_FILES or self._bytes > _MOST_BYTES:
            _, oldest = self._files.popitem(last=False)
            self._bytes -= len(oldest.content)
        return media

    def get(self, media_id: str) -> Media | None:
        """The file, unless it is unknown or forgotten."""
        return self._files.get(media_id)

    def by_sid(self, sid: str) -> Media | None:
        """The file that Twilio calls so."""
        return next((media for media in self._files.values() if media.sid == sid), None)

    def address(self, media: Media) -> str:
        """A word that opens the file for five minutes."""
        word = secrets.token_urlsafe(24)
        self._addresses[word] = (media.id, self._clock.now() + _ADDRESS_SECONDS)
        if len(self._addresses) > 10 * _MOST_FILES:
            self._addresses.popitem(last=False)
        return word

    def behind(self, word: str) -> Media | None:
        """The file behind such a word, unless its time is over."""
        media_id, until = self._addresses.get(word, ("", 0.0))
        return self.get(media_id) if self._clock.now() < until else None


def _normalised(content_type: str) -> str:
    """`audio/ogg;codecs=opus` as Meta writes it: lower case, a space after the semicolon."""
    return "; ".join(piece.strip() for piece in content_type.lower().split(";") if piece.strip())
