"""Meta's shelf of files: hand over, look up, fetch, forget. Streams; a file is never held in memory as a whole."""

import hashlib
import secrets
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests

from transports.cloud_api import client
from transports.cloud_api.failures import LOST
from transports.cloud_api.plain import mapping, text
from transports.port import FileToSend, Line, NotSignedIn, OutcomeUnknown, RequestRefused, StoredFile

_CHUNK = 256 * 1024
META_HOSTS = (".fbsbx.com", ".facebook.com", ".fbcdn.net", ".whatsapp.net")  # where files may lie


class CloudMedia:
    """Asked rarely, one call at a time."""

    def upload(self, line: Line, file: FileToSend) -> str:
        """Hand over a file to be sent in messages; its wire id, good for 30 days. Raises SendFailed."""
        form = _Form(file)
        answer = client.hand_over(line, f"{_number(line)}/media", form,
                                  {"Content-Type": f"multipart/form-data; boundary={form.border}"})
        return _told(answer, "id", 80)

    def sample(self, line: Line, file: FileToSend) -> str:
        """Hand over a file as the sample of a template; its handle. Raises SendFailed."""
        known = mapping(client.get(line, "debug_token", input_token=line.token).get("data"))
        app_id = text(known.get("app_id"), 64)
        if not app_id:
            raise NotSignedIn("Meta does not say which app this access token belongs to. Make a new one.", code="app")
        session = _told(client.hand_over(
            line, f"{client.owned(app_id, 'The app id')}/uploads", None, {}, file_name=_file_name(file),
            file_length=str(file.size), file_type=file.mime), "id", 2000)
        if not session.startswith("upload:") or not session.isascii() or not session.isprintable():
            raise OutcomeUnknown(LOST, code="200", detail="HTTP 200 without an upload session we can read")
        headers = {"Authorization": f"OAuth {line.token}", "file_offset": "0",
                   "Content-Type": "application/octet-stream"}
        return _told(client.hand_over(line, session, _Bytes(file), headers), "h", 8000)

    def describe(self, line: Line, wire_id: str) -> StoredFile:
        """What Meta holds under this id; its address is good for five minutes. Raises SendFailed."""
        told = client.get(line, client.owned(wire_id, "The id of the file"), phone_number_id=_number(line))
        size = text(told.get("file_size"), 20)
        return StoredFile(wire_id, text(told.get("url")), text(told.get("mime_type"), 100),
                          int(size) if size.isascii() and size.isdigit() else 0, text(told.get("sha256"), 64).lower())

    def download(self, line: Line, stored: StoredFile, into: BinaryIO, *, most_bytes: int) -> None:
        """Write the bytes down, checked against what `describe` said. Raises SendFailed, also for too many."""
        if not is_carriers(line, stored.url):
            raise RequestRefused("The address of this file is not one of Meta's, so it was not asked.", code="address")
        client.call(line, "GET", stored.url, lambda answer: _written(answer, stored, into, most_bytes))

    def delete(self, line: Line, wire_id: str) -> None:
        """Forget a file. Raises SendFailed."""
        client.delete(line, client.owned(wire_id, "The id of the file"), phone_number_id=_number(line))


def is_carriers(line: Line, url: str) -> bool:
    """Whether the token may be shown at this address: one of Meta's by https, or the Graph we are told to use."""
    try:
        asked, graph = urlsplit(url), urlsplit(line.base_url)
        is_graph = (asked.scheme, asked.hostname, asked.port) == (graph.scheme, graph.hostname, graph.port)
        is_meta = asked.scheme == "https" and asked.port in (None, 443) and f".{asked.hostname}".endswith(META_HOSTS)
    except ValueError:
        return False
    return bool(asked.hostname) and "@" not in asked.netloc and (is_graph or is_meta)


class _Bytes:
    """The bytes of a file, piece by piece."""

    def __init__(self, file: FileToSend) -> None:
        self._file = file

    def __len__(self) -> int:
        return self._file.size

    def __iter__(self) -> Iterator[bytes]:
        self._file.stream.seek(0)
        while chunk := self._file.stream.read(_CHUNK):
            yield chunk


class _Form:
    """The form Meta wants around a file. Nobody can know its border, so no file can hold it."""

    def __init__(self, file: FileToSend) -> None:
        self._bytes, self.border = _Bytes(file), secrets.token_hex(16)
        fields = "".join(f'--{self.border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                         for name, value in (("messaging_product", "whatsapp"), ("type", file.mime)))
        self._head = (f'{fields}--{self.border}\r\nContent-Disposition: form-data; name="file"; '
                      f'filename="{_file_name(file)}"\r\nContent-Type: {file.mime}\r\n\r\n').encode()
        self._foot = f"\r\n--{self.border}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + len(self._bytes) + len(self._foot)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        yield from self._bytes
        yield self._foot


def _file_name(file: FileToSend) -> str:
    """A plain name with the same ending: what people see as its name is told with each message."""
    ending = file.name.rpartition(".")[2].lower()
    return f"file.{ending}" if ending.isascii() and ending.isalnum() and len(ending) < 6 else "file"


def _written(answer: requests.Response, stored: StoredFile, into: BinaryIO, most_bytes: int) -> None:
    """Write an answer's bytes down."""
    if answer.status_code != 200:
        raise client.refused(answer)
    digest, size = hashlib.sha256(), 0
    for part in answer.iter_content(_CHUNK):
        size += len(part)
        if size > most_bytes:
            raise RequestRefused("This file is larger than it may be.", code="size")
        digest.update(part)
        into.write(part)
    if stored.sha256 and digest.hexdigest() != stored.sha256:
        raise OutcomeUnknown("The file did not arrive as it was sent.", code="digest")


def _number(line: Line) -> str:
    return client.owned(line.phone_number_id, "PHONE_NUMBER_ID")


def _told(answer: dict[str, Any], name: str, limit: int) -> str:
    """One text of an answer. Raises OutcomeUnknown when it is not there."""
    found = text(answer.get(name), limit + 1)
    if not found or len(found) > limit:
        raise OutcomeUnknown(LOST, code="200", detail=f"HTTP 200 without “{name}”")
    return found
