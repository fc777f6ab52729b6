"""Settings of insurance: the size of documents and the reminders."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from chassis.settings import SettingsError, setting
from services.profile.insurance.terms import Terms

_MEGABYTE = 1024 * 1024
_MOST_DAYS = 365


@dataclass(frozen=True, kw_only=True)
class InsuranceSettings:
    """Also read by `hailwire insurance`, which has to be given the same ones."""

    max_media_size_mb: int = setting(
        "MAX_MEDIA_SIZE_MB",
        default=5,
        minimum=1,
        maximum=100,
        help="the largest file that is taken from people, in MB of 1024 * 1024 bytes; the same for the gateway and "
        "the profile service",
    )
    insurance_reminder_days: str = setting(
        "INSURANCE_REMINDER_DAYS",
        default="14,3",
        help="how many days before their certificate expires drivers are reminded, with commas between; empty: the "
        "default",
    )
    time_zone: ZoneInfo = setting(
        "SERVICE_TIME_ZONE",
        default=ZoneInfo("Africa/Kigali"),
        help="whose clocks people in the service area live by, the same for every service",
    )

    def insurance_terms(self) -> Terms:
        """All of them together; raises SettingsError."""
        texts = [text.strip() for text in self.insurance_reminder_days.split(",") if text.strip()]
        if not all(text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= _MOST_DAYS for text in texts):
            raise SettingsError([f"INSURANCE_REMINDER_DAYS: must be whole numbers from 1 to {_MOST_DAYS}"])
        return Terms(
            most_bytes=self.max_media_size_mb * _MEGABYTE,
            reminder_days=tuple(sorted({int(text) for text in texts})),
            zone=self.time_zone,
        )
