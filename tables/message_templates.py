"""Texts that may be sent outside a conversation, version by version."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock
from core.states import TemplateState
from tables.session import db
from tables.types import JsonColumn, StateColumn, UtcDateTime


class MessageTemplate(db.Model):
    """A template as people speak of it; its words live in versions."""

    __tablename__ = "message_templates"
    __table_args__ = (UniqueConstraint("name", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(512))  # a-z 0-9 _
    language: Mapped[str] = mapped_column(String(12))
    category: Mapped[str] = mapped_column(String(16))  # marketing | utility; made at the carrier also authentication
    former_category: Mapped[str] = mapped_column(String(16), default="")  # before the carrier counted it as another kind
    recategorised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it did
    coming_category: Mapped[str] = mapped_column(String(16), default="")  # what the carrier is about to count it as
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    versions: Mapped[list["TemplateVersion"]] = relationship(
        order_by="TemplateVersion.number", back_populates="template", passive_deletes=True
    )


class TemplateVersion(db.Model):
    """The words. Never changed once made: a campaign keeps the version it was made with.

    Each version is registered with the carrier under a name of its own (`wire_name`), because the carrier keeps
    only one text for a name and sent campaigns must not change theirs. Where words were changed in place, by us or at
    the carrier, the new version takes over name and id, and the one before it is `replaced`: nothing is sent with it.
    """

    __tablename__ = "template_versions"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("message_templates.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column()  # 1, 2, 3 …
    body: Mapped[str] = mapped_column(Text)
    footer: Mapped[str] = mapped_column(String(60), default="")
    header: Mapped[dict[str, Any]] = mapped_column(JsonColumn, default=dict)
    # {"kind": "text", "text": …}, {"kind": "image" | "video" | "document", "media_id": …}, or empty;
    # {"kind": "cards", "cards": [{"media_id": …, "text": …, "button": …, "url": …, "button2": …, "url2": …}]} for cards to swipe
    buttons: Mapped[list[dict[str, Any]]] = mapped_column(JsonColumn, default=list)
    # {"kind": "quick_reply" | "url" | "phone" | "copy_code" | "offer", "text": …, "url": …, "phone": …, "sample": …, "hours": …}
    variables: Mapped[list[dict[str, Any]]] = mapped_column(JsonColumn, default=list)  # name, sample, fallback
    wire_name: Mapped[str] = mapped_column(String(512), index=True)
    wire_id: Mapped[str] = mapped_column(String(40), default="")
    business_id: Mapped[str] = mapped_column(String(40), default="")  # the account that knows it; empty: any of ours
    replaces_id: Mapped[int | None] = mapped_column()  # the version whose words these took the place of at the carrier
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the carrier took them in that place
    foreign_parts: Mapped[str] = mapped_column(String(200), default="")  # made at the carrier: what cannot be sent from here
    carrier_word: Mapped[str] = mapped_column(String(40), default="")  # the carrier's own word for its state, or for a pause
    state: Mapped[TemplateState] = mapped_column(StateColumn(TemplateState), default=TemplateState.DRAFT)
    reason: Mapped[str] = mapped_column(String(500), default="")  # why it was refused
    quality: Mapped[str] = mapped_column(String(8), default="")  # good | medium | poor, as the carrier rates it; empty: not known
    tries: Mapped[int] = mapped_column(default=0)  # how often it was handed in
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # not handed in again before this
    created_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    template: Mapped[MessageTemplate] = relationship(back_populates="versions", lazy="joined")
