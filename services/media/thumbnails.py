"""Small pictures of pictures, for pages. A stranger's file is only ever decoded by a process of its own, which may use
little memory and time, writes one small file and is thrown away."""

import subprocess
import sys
from pathlib import Path

from models import MediaFile
from services import settings
from services.media import shelf

WIDTH = 480  # dots a thumbnail has at most, either way
_DRAWN = ("image/jpeg", "image/png", "image/webp")
_SECONDS = 30.0
_DRAWING = Path(__file__).with_name("drawing.py")


def folder() -> Path:
    """Where they lie; nobody else may look into it."""
    path = settings.start_up().instance / "thumbnails"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def place_of(stored_as: str) -> Path:
    """Where the thumbnail of a file lies, if it has one."""
    return folder() / f"{Path(stored_as).stem}.webp"


def can_draw(mime: str) -> bool:
    """Whether files of this type get a thumbnail."""
    return mime in _DRAWN


def draw(source: Path, stored_as: str) -> bool:
    """Make the thumbnail of a picture; False when it cannot be read as one within the limits."""
    target = place_of(stored_as)
    waiting = target.with_name(f"new-{target.name}")
    try:
        done = subprocess.run([sys.executable, "-I", str(_DRAWING), str(source), str(waiting), str(WIDTH)], env={},
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              cwd=folder(), timeout=_SECONDS, check=False)
        if done.returncode != 0 or not waiting.exists():
            return False
        waiting.replace(target)
    except (OSError, subprocess.TimeoutExpired):
        return False
    finally:
        waiting.unlink(missing_ok=True)
    return True


def thumbnail_of(file: MediaFile) -> Path | None:
    """Where the thumbnail of a kept picture lies; drawn now when it is missing, None when it cannot be."""
    place = place_of(file.stored_as)
    if place.exists():
        return place
    source = shelf.folder() / file.stored_as
    return place if can_draw(file.mime) and source.exists() and draw(source, file.stored_as) else None
