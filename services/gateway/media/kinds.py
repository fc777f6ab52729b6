"""What a file is, by its first bytes: what was said of it is only said."""

# As many bytes tell.
LOOKED_AT = 8
_BEGINNINGS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"%PDF-": "application/pdf",
}


def mime_type(beginning: bytes) -> str:
    """The type of a photo or PDF; empty for everything else."""
    return next((kind for magic, kind in _BEGINNINGS.items() if beginning.startswith(magic)), "")
