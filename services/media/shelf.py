"""Where kept files lie: below instance/media under names of our own, readable by this program only."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from core import media_types
from core.media_types import Kind
from services import settings

NAME_LIMIT = 200
_CHUNK = 1024 * 1024


def folder() -> Path:
    """Where they lie; nobody else may look into it."""
    path = settings.start_up().instance / "media"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def waiting_file() -> Iterator[BinaryIO]:
    """A file beside the kept ones, readable by us only, gone at the end."""
    file = tempfile.NamedTemporaryFile(dir=folder(), prefix="new-", delete=False)  # noqa: SIM115  # closed below
    try:
        yield cast(BinaryIO, file)
    finally:
        file.close()
        Path(file.name).unlink(missing_ok=True)


def copied(stream: BinaryIO, file: BinaryIO, kind: Kind) -> tuple[str, int]:
    """Write the stream down; (SHA-256, bytes). Raises Invalid when there is more than this kind may have."""
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += file.write(chunk)
        if size > kind.most_bytes:
            raise media_types.too_large(kind)
    file.flush()
    return digest.hexdigest(), size


def put(path: Path, stored_as: str) -> None:
    """Let the bytes at `path` lie on the shelf under this name, too."""
    os.link(path, folder() / stored_as)


def clean_name(name: str, ending: str, *, others: tuple[str, ...] = ()) -> str:
    """The name people see: without folders and odd characters, with the ending that belongs to the content, or one of
    `others` that may stand there as well."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    if not stem.lower().endswith((ending, *others)) and not (ending == ".jpg" and stem.lower().endswith(".jpeg")):
        stem = (stem.rpartition(".")[0] or stem)[:NAME_LIMIT - len(ending)] + ending
    return ("file" + ending if stem.startswith(".") else stem)[-NAME_LIMIT:]
