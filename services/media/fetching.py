"""One file from the carrier onto our disk. Asks no database: many threads do it at once."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from core.states import FileState
from services.media import checking, shelf
from transports.port import Line, MediaStore, NotSignedIn, RecipientRefused, RequestRefused, SendFailed

_OURS = {"size": FileState.REFUSED, "address": FileState.REFUSED}  # refusals of our own side, by their code

AGAIN = "It is tried again."
_WHY = {"digest": "It did not arrive as WhatsApp announced it.", "404": "Its address was no longer good.",
        "lost": "The connection broke, or it took too long."}


class Wanted(NamedTuple):
    """What to fetch, and how to reach who has it."""

    kind: str
    wire_id: str
    line: Line


class Fetched(NamedTuple):
    """How it went; `mime`, `size` and `digest` are those of the content."""

    state: FileState
    reason: str = ""
    path: Path | None = None
    mime: str = ""
    size: int = 0
    digest: str = ""


@contextmanager
def places(count: int) -> Iterator[list[BinaryIO]]:
    """So many files to write to, gone at the end."""
    with ExitStack() as stack:
        yield [stack.enter_context(shelf.waiting_file()) for _ in range(count)]


def fetch(store: MediaStore, wanted: Wanted, into: BinaryIO) -> Fetched:
    """Ask where the file is now, write it down, look at what it is. Never raises."""
    most = checking.most_bytes(wanted.kind)
    try:
        stored = store.describe(wanted.line, wanted.wire_id)
        if stored.size > most:
            return Fetched(FileState.REFUSED, f"It is larger than the {most // 1_048_576} MB we take")
        store.download(wanted.line, stored, into, most_bytes=most)
        into.flush()
        return _looked_at(into, wanted.kind)
    except SendFailed as error:
        return _failed(error)
    except OSError as error:
        return Fetched(FileState.WAITING, f"It could not be written to our disk ({error.strerror})")
    except Exception as error:
        return Fetched(FileState.WAITING, f"Something unexpected happened ({type(error).__name__})")


def _looked_at(file: BinaryIO, kind: str) -> Fetched:
    """What was written, judged by its content."""
    path = Path(file.name)
    with open(path, "rb") as written:
        mime, trouble = checking.verdict(written, kind)
        if trouble:
            return Fetched(FileState.REFUSED, trouble)
        written.seek(0)
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return Fetched(FileState.FETCHED, "", path, mime, path.stat().st_size, digest)


def _failed(error: SendFailed) -> Fetched:
    """Whether it is worth another try."""
    if state := _OURS.get(error.code):
        return Fetched(state, error.words)
    if isinstance(error, RequestRefused) and error.code.startswith("3") and len(error.code) == 3:
        return Fetched(FileState.WAITING, f"Its address leads elsewhere, where our token must not go. {AGAIN}")
    if isinstance(error, RequestRefused):
        return Fetched(FileState.GONE, "WhatsApp does not have this file any more. Ask the person to send it again.")
    if isinstance(error, RecipientRefused):
        return Fetched(FileState.GONE, error.words)
    if isinstance(error, NotSignedIn):
        return Fetched(FileState.WAITING, f"WhatsApp did not let us in: {error.words} {AGAIN}")
    return Fetched(FileState.WAITING, f"{_WHY.get(error.code, 'WhatsApp did not give it to us.')} {AGAIN}")
