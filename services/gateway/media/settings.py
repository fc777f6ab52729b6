"""Settings of files that people send."""

from dataclasses import dataclass

from chassis.settings import setting

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class MediaSettings:
    """How large files may be, how long they may take, and where they may come from."""

    max_media_size_mb: int = setting(
        "MAX_MEDIA_SIZE_MB",
        default=5,
        minimum=1,
        maximum=100,
        help="the largest file that is taken from people, in MB of 1024 * 1024 bytes; the same for the gateway and "
        "the profile service",
    )
    media_download_timeout_ms: int = setting(
        "MEDIA_DOWNLOAD_TIMEOUT_MS",
        default=30_000,
        minimum=100,
        maximum=600_000,
        help="how long fetching one file may take, everything together, in ms",
    )
    media_hosts: str = setting(
        "MEDIA_HOSTS",
        default="lookaside.fbsbx.com,.fbcdn.net,.whatsapp.net,.twiliocdn.com",
        help="hosts besides the providers' APIs that files may be fetched from, with commas between; a leading dot "
        "means everything below a name",
    )

    @property
    def most_media_bytes(self) -> int:
        """MAX_MEDIA_SIZE_MB in bytes: so many pass, one more does not."""
        return self.max_media_size_mb * _MEGABYTE
