"""The simulator's shelf of files: hand over, look up, fetch within five minutes, forget; and samples for templates."""

import hashlib
import hmac
import re
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from core import clock, media_types
from simulator.answers import Answer, Refusal, ok, refuse, unknown_object
from simulator.ledger import Ledger

KEPT_SECONDS = 30 * 24 * 3600
THEIRS_KEPT_SECONDS = 7 * 24 * 3600  # what a person sent
_PERSON = "person"
_MIME = re.compile(r"[a-z]{1,30}/[A-Za-z0-9.+-]{1,90}")
_KEEP = "INSERT INTO files (id, mime, size, sha256, at, owner) VALUES (?, ?, ?, ?, ?, ?)"
URL_SECONDS = 300
_CHUNK = 256 * 1024
_LARGEST = max(kind.most_bytes for kind in media_types.KINDS.values())
_KIND_OF = {mime: kind for kind in media_types.KINDS.values() for mime in kind.endings}


class Files:
    """What was handed over, on the disk beside the ledger."""

    def __init__(self, book: Ledger, folder: Path, *, secret: str) -> None:
        self._book, self._folder, self._key = book, folder / "simulator-files", secret.encode()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def take(self, request: web.BaseRequest) -> Answer:
        """A file for messages, as a form."""
        if not request.content_type.startswith("multipart/"):
            return refuse(Refusal(100, "The body must be multipart/form-data with file, type and messaging_product"))
        told: dict[str, str] = {}
        kept: Path | None = None
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name == "file":
                    kept = await self._write(part)
                elif isinstance(part, BodyPartReader):
                    told[str(part.name)] = (await part.text())[:200]
        except (ValueError, AssertionError):
            return refuse(Refusal(100, "The form cannot be read"))
        return self._taken(kept, told)

    def start(self, query: Mapping[str, str]) -> Answer:
        """A session for a sample of a template."""
        size = query.get("file_length", "")
        if query.get("file_type") not in _KIND_OF or not (size.isascii() and size.isdigit() and 0 < int(size[:12]) <= _LARGEST):
            return refuse(Refusal(100, "file_type and file_length must be those of a file that may be sent"))
        session = "upload:" + secrets.token_urlsafe(24)
        self._book.write([("INSERT INTO files (id, mime, size, sha256, at) VALUES (?, ?, ?, '', ?)",
                           [(session, query["file_type"], int(size), clock.seconds())])])
        return ok({"id": session})

    async def finish(self, session: str, request: web.BaseRequest) -> Answer:
        """The bytes of a sample; its handle."""
        known = self._book.rows("SELECT mime, size FROM files WHERE id = ?", (session,))
        if not known:
            return refuse(unknown_object(session))
        if request.headers.get("file_offset") != "0":
            return refuse(Refusal(100, "file_offset must be 0"))
        path = await self._write(request.content.iter_chunked(_CHUNK))
        size = path.stat().st_size if path else 0
        if path:
            path.unlink()
        if size != known[0][1]:
            return refuse(Refusal(100, f"{size} bytes came, {known[0][1]} were announced"))
        handle = f"4::{secrets.token_urlsafe(48)}"
        self._book.write([("INSERT INTO files (id, mime, size, sha256, at) VALUES (?, ?, ?, '', ?)",
                           [(handle, known[0][0], size, clock.seconds())])])
        return ok({"h": handle})

    def is_handle(self, handle: str) -> bool:
        """Whether this is the handle of a sample."""
        return handle.startswith("4::") and bool(self._book.rows("SELECT 1 FROM files WHERE id = ?", (handle,)))

    def knows(self, kind: str, identity: str) -> bool:
        """Whether a file of this kind that we handed over lies under this id, and is not forgotten."""
        row = self._row(identity)
        return row is not None and row[3] != _PERSON and _KIND_OF[row[0]].name == kind

    async def take_theirs(self, request: web.BaseRequest) -> Answer:
        """A file of a person, as the bytes of the body. Its type is what the request says, true or not."""
        mime = request.content_type
        if not _MIME.fullmatch(mime):
            return Answer(400, ok({"error": "Content-Type must say what the file is"}).body)
        path = await self._write(request.content.iter_chunked(_CHUNK))
        try:
            size = path.stat().st_size if path else 0
            if path is None or not size:
                return Answer(400, ok({"error": "The file is empty or larger than 100 MB"}).body)
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return ok({"id": self._put(path, mime, size, digest, _PERSON)})
        finally:
            if path is not None:
                path.unlink(missing_ok=True)

    def keep_theirs(self, data: bytes, mime: str) -> str:
        """A file a person made; its id."""
        path = self._folder / f"new-{secrets.token_hex(8)}"
        path.write_bytes(data)
        return self._put(path, mime, len(data), hashlib.sha256(data).hexdigest(), _PERSON)

    def of_person(self, identity: object, kind: str) -> dict[str, str] | None:
        """id, mime and sha256 (base64) of a file a person may send as this kind; None when there is none."""
        row = self._row(identity) if isinstance(identity, str) else None
        if row is None or row[3] != _PERSON:
            return None
        wanted = "audio" if kind == "voice" else kind
        is_known = row[0] in media_types.KINDS[wanted].endings or row[0].startswith(f"{wanted}/")
        if not is_known and wanted != "document":
            return None
        return {"id": str(identity), "mime": row[0], "sha256": b64encode(bytes.fromhex(row[2])).decode()}

    def _put(self, path: Path, mime: str, size: int, digest: str, owner: str) -> str:
        """Lay a file on the shelf; its id."""
        identity = str(10**15 + secrets.randbelow(9 * 10**15))
        path.rename(self._folder / identity)
        self._book.write([(_KEEP, [(identity, mime, size, digest, clock.seconds(), owner)])])
        return identity

    def describe(self, identity: str, host: str) -> Answer | None:
        """What lies under an id, with an address that is good for five minutes; None when there is nothing."""
        row = self._row(identity)
        if row is None:
            return None
        until = int(clock.seconds()) + URL_SECONDS
        url = f"http://{host}/_files/{identity}?ext={until}&hash={self._sign(identity, until)}"
        return ok({"messaging_product": "whatsapp", "url": url, "mime_type": row[0], "sha256": row[2],
                   "file_size": str(row[1]), "id": identity})

    def fetch(self, identity: str, query: Mapping[str, str]) -> web.FileResponse | None:
        """The bytes themselves; None when there are none, or the address is too old."""
        row, until = self._row(identity), query.get("ext", "")
        if row is None or not (until.isascii() and until.isdigit()) or int(until[:12]) < clock.seconds():
            return None
        if not hmac.compare_digest(query.get("hash", "").encode(), self._sign(identity, int(until)).encode()):
            return None
        return web.FileResponse(self._folder / identity, headers={"Content-Type": row[0]})

    def forget(self, identity: str) -> bool:
        """Delete a file. True when there was one."""
        if self._row(identity) is None:
            return False
        self._book.write([("DELETE FROM files WHERE id = ?", [(identity,)])])
        (self._folder / identity).unlink(missing_ok=True)
        return True

    def _row(self, identity: str) -> tuple[Any, ...] | None:
        """(type, bytes, SHA-256, owner) of a file that is not forgotten."""
        if not (identity.isascii() and identity.isdigit()):
            return None
        found = self._book.rows("SELECT mime, size, sha256, owner, at FROM files WHERE id = ?", (identity,))
        if not found:
            return None
        kept = THEIRS_KEPT_SECONDS if found[0][3] == _PERSON else KEPT_SECONDS
        return found[0][:4] if found[0][4] > clock.seconds() - kept else None

    def _taken(self, path: Path | None, told: Mapping[str, str]) -> Answer:
        """Check what came and put it on the shelf."""
        try:
            if told.get("messaging_product") != "whatsapp" or path is None:
                return refuse(Refusal(100, "The parameters messaging_product and file are required."))
            kind = _KIND_OF.get(told.get("type", ""))
            if kind is None:
                return refuse(Refusal(100, f"Param file must be a file with one of the following types: "
                                           f"{', '.join(_KIND_OF)}. Received file of type '{told.get('type', '')[:60]}'."))
            size = path.stat().st_size
            if not 0 < size <= kind.most_bytes:
                return refuse(Refusal(100, f"{size} bytes; a file of this type may have {kind.most_bytes}"))
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                if media_types.mime_of(file) != told["type"]:
                    return refuse(Refusal(131053, f"The file is not of type {told['type']}"))
            return ok({"id": self._put(path, told["type"], size, digest, "")})
        finally:
            if path is not None:
                path.unlink(missing_ok=True)

    async def _write(self, chunks: Any) -> Path | None:
        """Bytes as they come, on the disk; None when there are too many."""
        path, size = self._folder / f"new-{secrets.token_hex(8)}", 0
        with open(path, "xb") as file:
            async for chunk in _pieces(chunks):
                size += file.write(chunk)
                if size > _LARGEST:
                    path.unlink()
                    return None
        return path

    def _sign(self, identity: str, until: int) -> str:
        return hmac.new(self._key, f"{identity} {until}".encode(), hashlib.sha256).hexdigest()[:32]


async def _pieces(source: Any) -> AsyncIterator[bytes]:
    """The bytes of a part of a form, or of a whole body."""
    if hasattr(source, "read_chunk"):
        while chunk := await source.read_chunk(_CHUNK):
            yield chunk
    else:
        async for chunk in source:
            yield chunk
