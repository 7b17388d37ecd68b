"""What stands in a thread, as plain values: messages, notes, and what the team did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.states import FileState, MessageState
from services import message_templates, sending

OVERLAYS = ("reaction", "edit", "revoke")  # kinds that change another line instead of being one
FILES = ("image", "video", "audio", "document", "sticker")


@dataclass(frozen=True, slots=True)
class Who:
    """Who wrote a line: user, rule, flow, api, app or campaign; `person` for them."""

    kind: str
    name: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    """The file of a line: `media_id` once it lies on our disk, else why it does not yet."""

    kind: str  # image | video | audio | voice | document | sticker
    state: FileState = FileState.FETCHED
    media_id: int | None = None
    name: str = ""
    mime: str = ""
    size: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a line answers to. `line_id` is empty when we do not have it."""

    who: Who
    is_ours: bool
    words: str
    line_id: int | None = None
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """A sign on a line, theirs or ours."""

    sign: str
    is_ours: bool
    who: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One message. Times are those of the carrier where it told us."""

    id: int
    kind: str
    is_ours: bool
    at: datetime
    who: Who
    state: MessageState
    text: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    wire_id: str = ""
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    due_at: datetime | None = None  # it waits until then
    reason_code: str = ""
    reason: str = ""
    is_edited: bool = False
    text_before: str = ""  # what it said before it was edited
    is_deleted: bool = False
    quote: Quote | None = None
    reactions: tuple[Reaction, ...] = ()
    file: File | None = None
    shown: message_templates.Shown | None = None  # of a template
    campaign_id: int | None = None
    is_test: bool = False

    sort = "message"

    @property
    def advice(self) -> str:
        """What to do about a failure, in a sentence; empty when all is well."""
        if self.state is MessageState.SKIPPED and self.reason_code == "window_closed":
            return "Write with a template now; free text works again once they have written."
        if self.state is MessageState.UNKNOWN:
            return "It may have arrived. Look at it under “We cannot be sure” before sending it again."
        return sending.advice_on(self.reason_code).words if self.state is MessageState.FAILED else ""

    @property
    def my_sign(self) -> str:
        """The sign we set on it; empty for none."""
        return next((one.sign for one in self.reactions if one.is_ours), "")


@dataclass(frozen=True, slots=True)
class Note:
    """What the team told itself."""

    id: int
    at: datetime
    text: str
    by: str
    user_id: int | None

    sort = "note"


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did with the conversation, as a sentence."""

    id: int
    at: datetime
    words: str

    sort = "act"


Item = Line | Note | Act


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A stretch of a thread in its order; `before` and `after` lead on, empty at the ends."""

    items: Sequence[Item]
    before: str = ""
    after: str = ""
