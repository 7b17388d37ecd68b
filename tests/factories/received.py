"""Files people sent us, and a carrier that holds them."""

import hashlib
import io
from datetime import timedelta

from PIL import Image

from core import clock
from models import ReceivedFile, db
from services import channels, inbox
from transports.port import IncomingFile, IncomingMessage, RequestRefused, StoredFile


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **how) -> bytes:
    """A real picture."""
    made = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(made, kind, **how)
    return made.getvalue()


class Shelf:
    """A carrier's shelf of files, by their ids there. `troubles` are raised first, one at each call."""

    def __init__(self, **held: bytes) -> None:
        self.held = held
        self.troubles: list[Exception] = []
        self.asked: list[str] = []

    def describe(self, line, wire_id):
        """Where the file is now."""
        self.asked.append(wire_id)
        if self.troubles:
            raise self.troubles.pop(0)
        if wire_id not in self.held:
            raise RequestRefused("There is no such object.", code="100")
        data = self.held[wire_id]
        return StoredFile(wire_id, f"{line.base_url}/{wire_id}", "", len(data), hashlib.sha256(data).hexdigest())

    def download(self, line, stored, into, *, most_bytes):
        """Its bytes."""
        into.write(self.held[stored.wire_id])


def send_file(wire_id: str, *, kind: str = "image", name: str = "", mime: str = "", days_ago: float = 0) -> ReceivedFile:
    """Somebody sends us a file; it is noted and not fetched yet."""
    word = "audio" if kind == "voice" else kind
    inbox.receive(IncomingMessage(
        channels.ensure_first().phone_number_id, f"wamid.{wire_id}", clock.now() - timedelta(days=days_ago), word,
        wa_id="447700900123", file=IncomingFile(wire_id, kind, mime, name)))
    return db.session.query(ReceivedFile).order_by(ReceivedFile.message_id.desc()).first()
