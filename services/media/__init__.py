"""Media: files that go with messages. Checked by content, kept outside every served folder, known to carriers."""

from core.media_types import KINDS, Kind
from services.media.files import forget_unused, get_media, is_shown_inline, keep, newest_files, open_file, path_of
from services.media.named import named_in
from services.media.received import fetch_due, forget_received, try_again
from services.media.thumbnails import thumbnail_of
from services.media.uploads import LASTS, Known, NotUploaded, ensure_uploaded, forget_upload, handle_of, known_files

__all__ = [
    "KINDS", "LASTS", "Kind", "Known", "NotUploaded", "ensure_uploaded", "fetch_due", "forget_received",
    "forget_unused", "forget_upload", "get_media", "handle_of", "is_shown_inline", "keep", "known_files",
    "named_in", "newest_files", "open_file", "path_of", "thumbnail_of", "try_again",
]
