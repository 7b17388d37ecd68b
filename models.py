"""The map of the data: every table, in the order of the story. Columns live in tables/."""

from tables.activity import ActivityEntry  # who did what
from tables.auth import SignInAttempt, User, UserSession  # who works here
from tables.automation import Rule, RuleRun, RuleStep  # what answers by itself, and what it did
from tables.campaigns import (  # what we tell many at once, again and again, or only to ourselves
    Campaign, CampaignList, CampaignListRow, Rehearsal, Schedule,
)
from tables.channels import Channel, ChannelNotice  # our business numbers
from tables.contacts import (  # whom we may message
    BulkAct, BulkChange, BulkChanged, BulkPart, ConsentEntry, Contact, ContactField, ContactMerge, ContactTag,
    Suppression, Tag,
)
from tables.events import Event  # what rules and flows act on
from tables.flows import Flow, FlowSession, FlowStep, FlowVersion  # conversations with memory
from tables.hooks import CallTarget, CallTry, Hook, HookCall, OutgoingCall  # other systems call us, and we them
from tables.imports import Import, ImportChange, ImportCreated, ImportKept, ImportMapping, ImportRow  # files on their way in
from tables.inbox import (  # what people write to us, and what we say of it
    CannedReply, ContactAddress, Conversation, ConversationNote, ConversationPresence, NumberMove, ReadMark,
    ReceivedFile, ReplyDraft,
)
from tables.keys import ApiKey, ApiRequest  # which programs may read and write
from tables.media import MediaFile, MediaUpload  # pictures, films and papers
from tables.message_templates import MessageTemplate, TemplateVersion  # what we may say
from tables.message_search import INDEX as WORDS_INDEX  # finding what was said
from tables.message_search import PG_WORDS as WORDS_OF_TEXT
from tables.segments import Segment  # groups that keep themselves
from tables.sending import DeliveryNews, Message, MessageAttempt  # what was said, and what became of it
from tables.session import after_commit, db, is_sqlite, transaction  # the one way to write
from tables.settings import Setting  # what the operator may change
from tables.waiting_log import shorten as shorten_log  # SQLite on a busy day
from tables.webhooks import CarrierFact, WebhookEvent  # what carriers told us
from tables.workers import WorkerBeat  # signs of life

__all__ = [
    "ActivityEntry", "ApiKey", "ApiRequest", "BulkAct", "BulkChange", "BulkChanged", "BulkPart", "CallTarget", "CallTry",
    "Campaign", "CampaignList", "CampaignListRow", "CannedReply", "CarrierFact", "Channel", "ChannelNotice",
    "ConsentEntry", "Contact", "ContactAddress", "ContactField", "ContactMerge", "ContactTag", "Conversation",
    "ConversationNote", "ConversationPresence", "DeliveryNews", "Event", "Flow", "FlowSession", "FlowStep", "FlowVersion",
    "Hook", "HookCall", "Import", "ImportChange", "ImportCreated", "ImportKept", "ImportMapping", "ImportRow",
    "MediaFile", "MediaUpload", "Message", "MessageAttempt", "MessageTemplate", "NumberMove", "OutgoingCall", "ReadMark",
    "ReceivedFile", "Rehearsal", "ReplyDraft", "Rule", "RuleRun", "RuleStep", "Schedule", "Segment", "Setting",
    "SignInAttempt", "Suppression", "Tag", "TemplateVersion", "User", "UserSession", "WORDS_INDEX", "WORDS_OF_TEXT",
    "WebhookEvent", "WorkerBeat",
    "after_commit", "db", "is_sqlite", "shorten_log", "transaction",
]
