"""What the page or a robot asks a phone to send, checked: only what a phone could send becomes a draft."""

from dataclasses import dataclass
from typing import Any

from simulator.addresses import canonical, is_bsuid, is_number
from simulator.media import MEGABYTE, MOST_MMS_BYTES, Media, MediaStore
from simulator.outbox import Provider


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is sent: exactly one of text, tap, location and media; `base_url` is the simulator's."""

    provider: Provider
    address: str
    bsuid: str | None
    name: str
    content: dict[str, Any]
    media: Media | None = None
    base_url: str = ""
    # Show only the BSUID of a phone that has both.
    hide_number: bool = False

    @property
    def words(self) -> str:
        """What an SMS or MMS says."""
        content = self.content[self.content["type"]]
        return str(content["body"] if self.media is None else content.get("caption", ""))


class DraftError(ValueError):
    """What was asked to be sent is no message; the text says what is wrong with it."""


def read_draft(asked: Any, business_number: str, media: MediaStore, base_url: str) -> Draft:
    """Check what the page or a test asks to send; raises DraftError with a sentence that says what is wrong."""
    if not isinstance(asked, dict):
        raise DraftError("a JSON object is needed")
    provider = asked.get("provider")
    if provider not in {"whatsapp", "twilio"}:
        raise DraftError("provider must be whatsapp or twilio")
    address, bsuid = _address(asked.get("from")), asked.get("bsuid") or None
    if bsuid is not None and not (isinstance(bsuid, str) and is_bsuid(bsuid)):
        raise DraftError("bsuid must look like RW.13491208655302741918")
    if provider == "twilio" and not is_number(address):
        raise DraftError("an SMS comes from a number such as +250788000001")
    kinds = [kind for kind in ("text", "tap", "location", "media") if asked.get(kind) is not None]
    if len(kinds) != 1:
        raise DraftError("exactly one of text, tap, location and media is needed")
    if provider == "twilio" and kinds not in (["text"], ["media"]):
        raise DraftError("an SMS is text, with or without a photo or a recording")
    attached: Media | None = None
    if kinds == ["text"]:
        content = _text(asked["text"], 1600 if provider == "twilio" else 4096)
    elif kinds == ["tap"]:
        content = _tap(asked["tap"], asked.get("in_reply_to"), business_number)
    elif kinds == ["media"]:
        attached = _attached(asked["media"], media, provider)
        content = _carrying(attached, asked["media"])
    else:
        content = _location(asked["location"])
    name = asked.get("name")
    name = name[:100] if isinstance(name, str) else ""
    hidden = asked.get("hide_number") is True
    return Draft(provider, address, bsuid, name, content, attached, base_url.rstrip("/"), hidden)


def _address(given: Any) -> str:
    address = canonical(given) if isinstance(given, str) else None
    if address is None:
        raise DraftError("from must be a number such as +250788000001 or a BSUID")
    return address


def _text(text: Any, most: int) -> dict[str, Any]:
    if not isinstance(text, str) or not 1 <= len(text) <= most:
        raise DraftError(f"text must have 1 to {most} characters")
    return {"type": "text", "text": {"body": text}}


def _tap(tap: Any, in_reply_to: Any, business_number: str) -> dict[str, Any]:
    if not isinstance(tap, dict) or tap.get("kind") not in {"button_reply", "list_reply"}:
        raise DraftError("tap needs a kind (button_reply or list_reply), an id and a title")
    chosen = {name: tap[name] for name in ("id", "title", "description") if isinstance(tap.get(name), str)}
    if "id" not in chosen or "title" not in chosen:
        raise DraftError("tap needs an id and a title")
    content: dict[str, Any] = {"type": "interactive", "interactive": {"type": tap["kind"], tap["kind"]: chosen}}
    if isinstance(in_reply_to, str) and in_reply_to:
        content["context"] = {"from": business_number.removeprefix("+"), "id": in_reply_to}
    return content


def _location(location: Any) -> dict[str, Any]:
    if not isinstance(location, dict):
        raise DraftError("location needs a latitude and a longitude")
    place: dict[str, Any] = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = location.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not -most <= value <= most:
            raise DraftError(f"{name} must be a number between -{most} and {most}")
        place[name] = value
    place |= {name: location[name] for name in ("name", "address") if isinstance(location.get(name), str)}
    return {"type": "location", "location": place}


def _attached(asked: Any, media: MediaStore, provider: Provider) -> Media:
    """The file that was put into POST /phones/media before."""
    found = media.get(str(asked.get("id"))) if isinstance(asked, dict) else None
    if found is None:
        raise DraftError("media needs the id of a file that was attached a short while ago")
    if provider == "twilio" and len(found.content) > MOST_MMS_BYTES:
        raise DraftError(f"an MMS carries at most {MOST_MMS_BYTES // MEGABYTE} MB")
    return found


def _carrying(media: Media, asked: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"mime_type": media.mime_type, "sha256": media.sha256, "id": media.id}
    caption = asked.get("caption")
    if media.kind == "audio":
        content["voice"] = asked.get("voice") is True
    elif isinstance(caption, str) and caption:
        content["caption"] = caption[:1024]
    if media.kind == "document" and isinstance(asked.get("filename"), str):
        content["filename"] = asked["filename"][:240]
    return {"type": media.kind, media.kind: content}
