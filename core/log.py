"""Logging: to the console and to one rotating file a component. Bodies, numbers and secrets never get this far."""

import logging
import logging.handlers
import re
from datetime import datetime
from pathlib import Path

COMPONENTS = ("app", "whatsapp", "database", "api")
_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_DIGITS = re.compile(r"\+?\d[\d \-]{6,}\d")
_MARK = "_pigeonpost"


def install(*, level: str, folder: Path) -> None:
    """Send each component to its own file below `folder`, errors of all to errors.log, everything to the console."""
    root = logging.getLogger()
    if any(getattr(h, _MARK, "") == str(folder) for h in root.handlers):
        return
    for old in [h for h in root.handlers if getattr(h, _MARK, "")]:
        root.removeHandler(old)
    folder.mkdir(parents=True, exist_ok=True)
    root.setLevel(level)
    root.addHandler(_marked(logging.StreamHandler(), folder))
    errors = _marked(_file(folder / "errors.log"), folder)
    errors.setLevel(logging.ERROR)
    root.addHandler(errors)
    for component in COMPONENTS:
        logger = logging.getLogger(component)
        logger.handlers = [_marked(_file(folder / f"{component}.log"), folder)]
    for noisy in ("apscheduler", "aiohttp.access", "alembic", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _file(path: Path) -> logging.Handler:
    """Ten files of 5 MB at most; opened at the first line, so that silent components make no file."""
    return logging.handlers.RotatingFileHandler(path, maxBytes=5_000_000, backupCount=9, delay=True, encoding="utf-8")


def _marked(handler: logging.Handler, folder: Path) -> logging.Handler:
    handler.setFormatter(OneLine(_FORMAT))
    setattr(handler, _MARK, str(folder))
    return handler


def forget_lines(folder: Path, before: datetime) -> int:
    """Delete every line that is older than this moment from the files in `folder`; how many.

    A line that another process adds in the very moment a file is shortened may be lost.
    """
    count = 0
    for path in sorted(folder.glob("*.log*")) if folder.is_dir() else []:
        writers = [one for one in _handlers() if getattr(one, "baseFilename", "") == str(path.absolute())]
        for writer in writers:
            writer.acquire()
        try:
            count += _shortened(path, before)
        finally:
            for writer in writers:
                writer.release()
    return count


def _handlers() -> list[logging.Handler]:
    """Everything of ours that writes."""
    return [handler for name in ("", *COMPONENTS) for handler in logging.getLogger(name).handlers]


def _shortened(path: Path, before: datetime) -> int:
    """Keep what begins with the first line that is young enough; in place, since somebody may hold the file open."""
    with open(path, "r+b") as file:
        gone = 0
        while line := file.readline():
            at = _time_of(line)
            if at is not None and at >= before:
                file.seek(-len(line), 1)
                break
            gone += 1
        if gone:
            rest = file.read()
            file.seek(0)
            file.write(rest)
            file.truncate()
    if not path.stat().st_size and not path.name.endswith(".log"):
        path.unlink()  # a file that was put aside when it was full
    return gone


def _time_of(line: bytes) -> datetime | None:
    """When a line was written; None for one that goes on with the line above, as tracebacks do."""
    try:
        return datetime.strptime(line[:19].decode("ascii"), "%Y-%m-%d %H:%M:%S").astimezone()
    except ValueError:
        return None


class OneLine(logging.Formatter):
    """One event, one line: control characters become visible, long digit runs (phone numbers) are masked."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _mask(clean(record.message))
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:
        return _mask(super().formatException(ei))  # type: ignore[arg-type]


def clean(text: str) -> str:
    """The text with every control character written out, so that nobody can forge a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _mask(text: str) -> str:
    """Runs of nine digits and more, as phone numbers are, reduced to their last two."""
    return _DIGITS.sub(lambda found: _masked(found.group()), text)


def _masked(run: str) -> str:
    digits = re.sub(r"\D", "", run)
    return run if len(digits) < 9 else f"…{digits[-2:]}"
