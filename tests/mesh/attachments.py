"""Files as a WhatsApp message carries them: put where Meta has them, named by their id."""

import aiohttp


async def attached(simulator_url: str, content: bytes) -> str:
    """Put a file where Meta has it; its id."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{simulator_url}/phones/media", data=content, headers={"Content-Type": "image/jpeg"}) as response,
    ):
        assert response.status == 200
        return str((await response.json())["id"])


def image(media_id: str) -> dict[str, object]:
    return {"type": "image", "image": {"id": media_id, "mime_type": "image/jpeg"}}
