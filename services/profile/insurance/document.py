"""What a document may be: a photo or a PDF, in parts, and how many of them something may have."""

from collections.abc import Sequence
from dataclasses import field

from chassis import errors
from chassis.records import record

# Every part but the last is as long as this; a call carries one.
PART_BYTES = 1024 * 1024
MAX_KEY = 128
# Front, back, and whatever else somebody thinks we should see.
MOST_DOCUMENTS = 10
MIME_TYPES = frozenset({"image/jpeg", "image/png", "application/pdf"})
_SHA256_BYTES = 32


class DocumentInvalid(errors.InvalidArgument):
    """No such document can be: its key, type, digest, or a part of it."""

    reason = "DOCUMENT_INVALID"


class DocumentTooLarge(errors.Refused):
    """More than MAX_MEDIA_SIZE_MB."""

    reason = "DOCUMENT_TOO_LARGE"


class DocumentIncomplete(errors.Refused):
    """Its parts are not what was told of them."""

    reason = "DOCUMENT_INCOMPLETE"


class DocumentsTooMany(errors.Refused):
    """What they belong to would have more than MOST_DOCUMENTS."""

    reason = "DOCUMENTS_TOO_MANY"


@record
class Document:
    """A document as whoever stored its parts describes it."""

    key: str
    mime_type: str
    size: int
    sha256: bytes = field(repr=False)


@record
class Part:
    """A piece of a document."""

    key: str
    person_id: int
    position: int
    content: bytes = field(repr=False)


def check_key(key: str) -> None:
    """Raise DocumentInvalid unless it can be stored."""
    if not 1 <= len(key) <= MAX_KEY or "\0" in key:
        raise DocumentInvalid


def check_part(part: Part, most_bytes: int) -> None:
    """Raise DocumentInvalid or DocumentTooLarge for a part that cannot belong to a document of `most_bytes`."""
    check_key(part.key)
    if part.position < 0 or not 1 <= len(part.content) <= PART_BYTES:
        raise DocumentInvalid
    if part.position * PART_BYTES + len(part.content) > most_bytes:
        raise DocumentTooLarge


def check_documents(documents: Sequence[Document], most_bytes: int) -> None:
    """Raise what is wrong with documents that shall belong to something, before anything is asked of the database."""
    if not documents or len({one.key for one in documents}) < len(documents):
        raise DocumentInvalid
    if len(documents) > MOST_DOCUMENTS:
        raise DocumentsTooMany
    for one in documents:
        check_key(one.key)
        if one.mime_type not in MIME_TYPES or one.size < 1 or len(one.sha256) != _SHA256_BYTES:
            raise DocumentInvalid
        if one.size > most_bytes:
            raise DocumentTooLarge
