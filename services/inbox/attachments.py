"""Files we send: kept once, as the kind their content says."""

from typing import Any, BinaryIO

from core.actor import Actor
from core.media_types import mime_of
from services import media

ORDER = ("image", "video", "audio", "sticker", "document")


def keep_file(stream: BinaryIO, *, name: str, by: Actor) -> tuple[str, dict[str, Any]]:
    """Keep a file for a message: its kind and the content that carries it. Raises Invalid for what WhatsApp does not take."""
    mime = mime_of(stream)
    kind = next((one for one in ORDER if mime in media.KINDS[one].endings), "document")
    file = media.keep(stream, name=name, kind=kind, by=by)
    return kind, {"media_id": file.id, "name": file.name}
