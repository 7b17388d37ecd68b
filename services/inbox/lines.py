"""What a line of a conversation means for it, by its kind. Pure.

How a received message is kept (`Message`):

kind      the carrier's word: text, image, video, audio, document, sticker, location, contacts, button, interactive,
          reaction, order, system, edit, revoke, request_welcome, unsupported; `call` for a call; or a word nobody knew, as
          it came, 20 characters at most
text      what can be read: a body, a caption, the title of what was tapped, a form as lines, the sign of a reaction
reply_to  the carrier's id of the message it quotes, reacts to (reaction), changes (edit) or takes back (revoke). So all of
          these find their message whenever it arrives
content   the rest, in the neutral form of services/sending/contents.py for a location, contacts and files
          ({"name", "is_voice", "mime", "is_animated"}; the file itself is a ReceivedFile), and further
          "forwarded"    "once" | "often"
          "referral"     the ad they came from: {"source_type", "source_id", "headline", "body", "url", "media_type", …}
          "product"      what they ask about: {"catalog", "id"}
          "order"        {"catalog", "items": [{"id", "quantity", "price", "currency"}]}
          "choice"       {"kind": "button" | "list" | "template", "id", "title", "description"}
          "form"         {field: answer}
          "edit"         {"kind", "text"}
          "unsupported"  {"what", "why"}: nobody can show it; also for words nobody knew
          "system"       the carrier's word for what happened
          "call"         {"event", "status", "seconds"}
          "origin"       of contacts: contact_request when they shared their own number
          "group"        the group it was written in

Every part is free of NUL and half characters and cut to a length. A line typed in the carrier's own app is outgoing with
`author_kind` “app”.
"""

from collections.abc import Mapping
from typing import Any

from core.words import plural, shortened

QUIET = ("reaction", "revoke", "system", "request_welcome")  # nobody waits for an answer to these: not counted as unread
NO_WINDOW = (*QUIET, "edit")  # what the carrier does not say to open the window
SILENT = ("system", "revoke")  # rules and flows are not told of these
PREVIEW = 200  # characters

_NAMED = {"image": "Picture", "video": "Video", "audio": "Sound", "document": "Document", "sticker": "Sticker",
          "location": "Location", "contacts": "Contact card", "order": "Order", "revoke": "Deleted a message",
          "request_welcome": "Opened the chat for the first time", "interactive": "An answer", "button": "An answer",
          "text": "An empty message", "template": "A template"}


def is_counted(kind: str) -> bool:
    """Whether somebody of the team should see and answer this line of a person."""
    return kind not in QUIET


def opens_window(kind: str, content: Mapping[str, Any]) -> bool:
    """Whether this line of a person lets us send free text for 24 hours: only what the carrier says does."""
    return kind not in NO_WINDOW and "group" not in content


def in_words(kind: str, text: str, content: Mapping[str, Any]) -> str:
    """A line as one short line of text, for lists and notices."""
    if kind == "reaction":
        return f"Reacted {shortened(text, 20)}" if text else "Took a reaction back"
    if kind == "edit":
        return shortened(f"Changed to: {text}", PREVIEW)
    named = _name_of(kind, content)
    if kind == "text" and text:
        return shortened(text, PREVIEW)
    return shortened(f"{named}: {text}" if named and text and kind not in ("interactive", "button", "system") else text or named,
                     PREVIEW)


def _name_of(kind: str, content: Mapping[str, Any]) -> str:
    """What a line is, where its text does not say."""
    if content.get("is_voice"):
        return "Voice note"
    if kind == "call":
        return _call(content.get("call") or {})
    if kind == "order":
        return f"Order of {plural(len((content.get('order') or {}).get('items', ())), 'product', 'products')}"
    if kind == "document" and content.get("name"):
        return f"Document {content['name']}"
    if told := content.get("unsupported"):
        what = str(told.get("what", "")).replace("_", " ")
        return f"Something we cannot show ({what})" if what else "Something we cannot show"
    return _NAMED.get(kind, "")


def _call(about: Mapping[str, str]) -> str:
    seconds = int(about.get("seconds", 0))
    lasted = f", {seconds // 60}:{seconds % 60:02}" if seconds else ""
    return f"Call{lasted}"
