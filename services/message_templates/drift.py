"""A template that is not any more what we handed in: what the carrier says is kept, and who uses it is told apart."""

from core.states import TemplateState
from models import TemplateVersion, db, transaction
from services.message_templates import categories, incoming
from services.message_templates.standing import UNUSABLE, newest_at_carrier, note, why_stopped
from services.message_templates.words import words_in
from transports.port import ListedTemplate, TemplateDrift

RESHAPED = "RESHAPED"  # stands for the carrier's word until its list tells the new words


def unusable_versions(wire_name: str, language: str) -> list[int]:
    """The version the carrier knows by this name, if it may not be sent now. One query."""
    found = newest_at_carrier(wire_name, language)
    return [found.id] if found is not None and found.state in UNUSABLE else []


def why_not(version_id: int, *, business_id: str = "") -> str:
    """Why nothing may be sent with this version now, in a sentence; empty when it may. One query.

    For whoever sends with a template by itself: asked before each message. `business_id` is the account it would go
    out from.
    """
    version = db.session.get(TemplateVersion, version_id, populate_existing=True)
    if version is None:
        return "The template is gone"
    name = version.template.name
    if version.foreign_parts:
        return f"The template {name} holds {version.foreign_parts}, which cannot be sent from here"
    if version.business_id and business_id and version.business_id != business_id:
        return f"The template {name} belongs to another WhatsApp account than this number"
    if version.state is TemplateState.APPROVED:
        return ""
    if version.state in UNUSABLE:
        return why_stopped(name, version.state, version.reason)
    return f"The template {name} is not approved yet"


def drifted(news: TemplateDrift) -> list[int]:
    """Write down what the carrier says; the version that must not be sent any more as it was, by id.

    Another category counts for the whole template from the next verdict on: people who never agreed to marketing are
    skipped, with that reason, once a utility text counts as marketing. Words that were changed are asked for; until
    then the version is unclear.
    """
    with transaction():
        version = newest_at_carrier(news.name, news.language)
        if version is None or (news.is_reshaped and _is_ours(version, news)):
            return []
        is_other = categories.count_as(version.template, news.category)
        if news.coming_category:
            version.template.coming_category = news.coming_category
        if news.quality is not None:
            version.quality = news.quality
        if news.is_reshaped:
            version.state, version.carrier_word = TemplateState.UNCLEAR, RESHAPED
            version.reason = news.words[:1].upper() + news.words[1:500]
        note("template.drifted", version.template_id, version.template.name, words=news.words)
        return [version.id] if is_other or news.is_reshaped else []


def _is_ours(version: TemplateVersion, news: TemplateDrift) -> bool:
    """Whether the words that were told are the ones we hold: the echo of a change of our own."""
    words = words_in(version)
    told = ListedTemplate("", news.name, news.language, "", "", "", body=news.body, footer=words.footer,
                          header=words.header, buttons=tuple(words.buttons), is_named="{{1}}" not in news.body)
    return bool(news.body) and incoming.says_the_same(words, told)
