"""What people write to us: kept once, STOP and START obeyed; conversations, and what the team does with them."""

from services.inbox.asides import campaigns_of, latest_campaigns
from services.inbox.attachments import keep_file
from services.inbox.by_program import Asked, send_for_program
from services.inbox.canned import Ready, add_canned, canned_replies, change_canned, delete_canned, get_canned, ready_for
from services.inbox.conversations import (
    add_note,
    assign,
    close,
    delete_note,
    mark_read,
    mark_unread,
    reopen,
    snooze,
    start,
    wake_due,
)
from services.inbox.departed import departed, tell_missed, undelivered
from services.inbox.files import fetch_again
from services.inbox.for_programs import (
    MOST,
    ConversationsAsked,
    MessagesAsked,
    conversation_for_programs,
    conversations_for_programs,
    message_for_programs,
    messages_for_programs,
)
from services.inbox.lines import in_words, is_counted, opens_window
from services.inbox.overlays import team
from services.inbox.presence import Present, draft_of, forget_old, here, keep_draft, left, others
from services.inbox.queries import (
    SHOWS,
    Counts,
    Talk,
    TalkPage,
    Unseen,
    Waiting,
    Wish,
    conversation_of,
    conversations,
    conversations_by_id,
    conversations_of,
    counts_for,
    get_conversation,
    unseen,
    waiting_now,
)
from services.inbox.read_marks import tell as tell_read
from services.inbox.receive import receive, receive_many
from services.inbox.reply import WindowShut, is_open, react, reply, send_template, take_back, values_for
from services.inbox.search import Found, of_people, search
from services.inbox.shapes import Act, File, Line, Note, Quote, Reaction, ThreadPage, Who
from services.inbox.thread import line_of, thread
from services.inbox.words import Meanings, Place, asked_by, meanings, written_in

__all__ = [
    "MOST", "SHOWS", "Act", "Asked", "ConversationsAsked", "Counts", "File", "Found", "Line", "Meanings", "MessagesAsked", "Note",
    "Place", "Present", "Quote", "Reaction", "Ready", "Talk", "TalkPage", "ThreadPage", "Unseen", "Waiting", "Who", "WindowShut",
    "Wish", "add_canned", "add_note", "asked_by", "assign", "campaigns_of", "canned_replies", "change_canned", "close",
    "conversation_for_programs", "conversation_of", "conversations", "conversations_by_id",
    "conversations_for_programs", "conversations_of",
    "counts_for", "delete_canned", "delete_note", "departed",
    "draft_of", "fetch_again", "forget_old", "get_canned", "get_conversation", "here", "in_words", "is_counted", "is_open",
    "keep_draft", "keep_file", "latest_campaigns", "left", "line_of", "mark_read", "mark_unread", "meanings",
    "message_for_programs",
    "messages_for_programs", "opens_window", "of_people", "others", "react", "ready_for", "receive", "receive_many", "reopen",
    "reply", "send_for_program", "search", "send_template", "snooze", "start", "take_back", "team", "tell_missed", "tell_read",
    "thread", "undelivered", "unseen", "values_for", "waiting_now", "wake_due",
    "written_in",
]
