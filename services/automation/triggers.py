"""When: the kinds of triggers, one small class each, in one table. Pure: each is asked about a happening and its facts."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from core import clock
from core.words import folded, listed, plural, shortened
from services import actions
from services.actions import Field
from services.automation import keywords
from services.automation.happening import Facts, Happening

Spec = Mapping[str, Any]
Meets = Callable[[Happening, Facts], str]  # what set it off, in words; empty: it is not meant


class Trigger:
    """One kind. `listens` are the events it can be set off by; none for those a clock sets off."""

    kind: ClassVar[str]
    label: ClassVar[str]
    about: ClassVar[str] = "Somebody writes"
    listens: ClassVar[tuple[str, ...]] = ()
    fields: ClassVar[tuple[Field, ...]] = ()

    def check(self, spec: Spec) -> dict[str, Any]:
        """The trigger as it is kept. Raises Invalid, naming the field."""
        return {"kind": self.kind} | {one.name: actions.read(one, spec.get(one.name)) for one in self.fields}

    def said(self, spec: Spec) -> tuple[str, str]:
        """In words that follow “When”: what, and the part that is shown apart."""
        return self.label[:1].lower() + self.label[1:], ""

    def ready(self, spec: Spec) -> Meets:
        """The question, made ready once for all happenings."""
        words = self.label[:1].lower() + self.label[1:]
        return lambda happening, facts: words


class Message(Trigger):
    """Any message of a person."""

    kind, label, listens = "message", "Somebody writes anything", ("message.received",)

    def ready(self, spec: Spec) -> Meets:
        """Everything but what nobody expects an answer to."""
        return lambda happening, facts: _wrote(facts) if facts.message_kind not in _QUIET else ""


class Keyword(Trigger):
    """A word in a message."""

    kind, label, listens = "keyword", "A message has a word", ("message.received",)
    fields = (
        Field("how", "How", "choice", choices=tuple(keywords.HOW.items()), usual="word",
              hint="Case, accents, emoji and signs do not matter."),
        Field("words", "Words", "words", "One a line, or with commas between. Any of them will do."))

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid for words that cannot be looked for."""
        how = str(spec.get("how") or "word")
        return {"kind": self.kind, "how": how, "words": keywords.check(how, spec.get("words") or ())}

    def said(self, spec: Spec) -> tuple[str, str]:
        """a message has the word appointment."""
        words = spec["words"]
        shown = listed(words, "or") if len(words) <= 4 else f"{', '.join(words[:3])} or {len(words) - 3} other words"
        return f"a message {keywords.HOW[spec['how']]}", shown

    def ready(self, spec: Spec) -> Meets:
        """Looks for the words in what they wrote."""
        find = keywords.finder(spec["how"], spec["words"])

        def meets(happening: Happening, facts: Facts) -> str:
            word = find(facts.said) if facts.message_kind not in _QUIET else ""
            return f"{_wrote(facts)}: “{word}”" if word else ""

        return meets


class Choice(Trigger):
    """A button or a row of a list."""

    kind, label, listens = "choice", "A button or a row of a list is chosen", ("message.received",)
    fields = (Field("words", "Which", "words", "Their words, one a line; empty for any.", is_needed=False),)

    def said(self, spec: Spec) -> tuple[str, str]:
        """somebody chooses Confirm."""
        return "somebody chooses", listed(spec.get("words") or ["any button"], "or")

    def ready(self, spec: Spec) -> Meets:
        """Compares the words of what was chosen, and its id."""
        wanted = {folded(word) for word in spec.get("words") or ()}

        def meets(happening: Happening, facts: Facts) -> str:
            chosen = facts.content.get("choice") or {}
            named = [str(chosen.get(part) or "") for part in ("title", "id")]
            if facts.message_kind not in ("button", "interactive") and not chosen:
                return ""
            is_meant = not wanted or not wanted.isdisjoint(map(folded, [*named, facts.said.raw]))
            return f"they chose “{named[0] or facts.said.raw}”" if is_meant else ""

        return meets


class FirstToday(Trigger):
    """The first message of somebody on their own day."""

    kind, label, listens = "first_today", "Somebody writes first that day", ("message.received",)

    def ready(self, spec: Spec) -> Meets:
        """Compares the day of the message before."""
        def meets(happening: Happening, facts: Facts) -> str:
            if facts.message_kind in _QUIET:
                return ""
            zone = clock.zone(facts.clock_of_person)
            before = facts.heard_before
            is_first = before is None or before.astimezone(zone).date() < happening.at.astimezone(zone).date()
            return f"their first message of the day: {_wrote(facts)}" if is_first else ""

        return meets


class Ad(Trigger):
    """They came from an ad."""

    kind, label, listens = "ad", "Somebody comes from an ad", ("message.received",)
    fields = (Field("words", "Ad", "words", "Its number or words of its headline; empty for any.", is_needed=False),)

    def said(self, spec: Spec) -> tuple[str, str]:
        """somebody comes from the ad Spring."""
        return ("somebody comes from the ad", listed(spec["words"], "or")) if spec.get("words") else super().said(spec)

    def ready(self, spec: Spec) -> Meets:
        """Looks at where the message says it comes from."""
        wanted = [keywords.plain_of(word) for word in spec.get("words") or ()]

        def meets(happening: Happening, facts: Facts) -> str:
            ad = facts.content.get("referral")
            if not ad:
                return ""
            told = keywords.plain_of(" ".join(str(ad.get(part) or "") for part in ("source_id", "headline")))
            is_meant = not wanted or any(word in told for word in wanted)
            return f"they came from the ad “{ad.get('headline') or ad.get('source_id') or ''}”" if is_meant else ""

        return meets


class CampaignReply(Trigger):
    """They answer a campaign."""

    kind, label, listens = "campaign_reply", "Somebody answers a campaign", ("message.received",)
    fields = (Field("campaign_id", "Campaign", "campaign", "Empty for any.", is_needed=False),)

    def said(self, spec: Spec) -> tuple[str, str]:
        """somebody answers the campaign “Spring”; the name comes from whoever knows it."""
        return ("somebody answers the campaign", "…") if spec.get("campaign_id") else super().said(spec)

    def ready(self, spec: Spec) -> Meets:
        """Whether the message answers this campaign."""
        wanted = spec.get("campaign_id")
        return lambda happening, facts: f"they answered a campaign: {_wrote(facts)}" if facts.campaign_id and (
            not wanted or wanted == facts.campaign_id) and facts.message_kind not in _QUIET else ""


class NewContact(Trigger):
    """Somebody is new, however they arrived."""

    kind, label, about, listens = "contact", "Somebody is new in your contacts", "The person", ("contact.added",)


class _Tag(Trigger):
    about = "The person"
    fields = (Field("tag", "Tag", "tag"),)
    verb = ""

    def said(self, spec: Spec) -> tuple[str, str]:
        return f"the tag is {self.verb}", spec["tag"]

    def ready(self, spec: Spec) -> Meets:
        key, tag = folded(" ".join(str(spec["tag"]).split())), spec["tag"]
        return lambda happening, facts: (
            f"the tag “{tag}” was {self.verb}" if happening.details.get("tag") == key else "")


class TagAdded(_Tag):
    """They are given a tag."""

    kind, label, listens, verb = "tag_added", "A tag is given", ("tag.added",), "given"


class TagRemoved(_Tag):
    """A tag is taken from them."""

    kind, label, listens, verb = "tag_removed", "A tag is taken away", ("tag.removed",), "taken away"


class FieldChanged(Trigger):
    """A field of them is another."""

    kind, label, about, listens = "field", "A field changes", "The person", ("contact.changed",)
    fields = (Field("field", "Field", "field"),
              Field("value", "To", hint="Empty for any value.", is_needed=False))

    def said(self, spec: Spec) -> tuple[str, str]:
        """the field city becomes Lagos."""
        return f"the field {spec['field']} {'becomes' if spec.get('value') else 'changes'}", spec.get("value") or ""

    def ready(self, spec: Spec) -> Meets:
        """Whether this field changed, to this value."""
        name, value = spec["field"], folded(spec.get("value") or "")

        def meets(happening: Happening, facts: Facts) -> str:
            change = (happening.details.get("fields") or {}).get(name)
            if not change or (value and folded(str(change[1])) != value):
                return ""
            return f"{name} became “{change[1]}”"

        return meets


class OptOut(Trigger):
    """They said stop."""

    kind, label, about, listens = "opt_out", "Somebody wants no more marketing", "The person", ("consent.withdrawn",)


class OptIn(Trigger):
    """They agreed."""

    kind, label, about, listens = "opt_in", "Somebody agrees to marketing", "The person", ("consent.granted",)


class Status(Trigger):
    """A message of ours was delivered, read, or failed."""

    kind, label, about, listens = "status", "A message of ours is delivered, read or fails", "Our messages", (
        "message.status",)
    fields = (Field("status", "What", "choice", choices=(
        ("delivered", "is delivered"), ("read", "is read"), ("failed", "fails")), usual="failed"),)

    def said(self, spec: Spec) -> tuple[str, str]:
        """a message of ours fails."""
        return "a message of ours", dict(self.fields[0].choices)[spec["status"]]

    def ready(self, spec: Spec) -> Meets:
        """Whether it is this status. What rules sent themselves does not count."""
        wanted, words = spec["status"], f"a message of ours {dict(self.fields[0].choices)[spec['status']]}"

        def meets(happening: Happening, facts: Facts) -> str:
            if happening.details.get("status") != wanted:
                return ""
            return f"{words}: “{shortened(facts.said.raw, 80)}”" if facts.said.raw else words

        return meets


class Closed(Trigger):
    """A conversation was closed."""

    kind, label, about, listens = "closed", "A conversation is closed", "Our messages", ("conversation.closed",)


class HookCalled(Trigger):
    """Another system called."""

    kind, label, about, listens = "hook", "Another system calls us", "Other systems", ("hook.called",)
    fields = (Field("hook_id", "Address", "hook"),)

    def said(self, spec: Spec) -> tuple[str, str]:
        """another system calls “Shop”; the name comes from whoever knows it."""
        return "another system calls", "…"

    def ready(self, spec: Spec) -> Meets:
        """Whether it was this address of ours; with the values it sent along."""
        def meets(happening: Happening, facts: Facts) -> str:
            if happening.details.get("hook_id") != spec["hook_id"]:
                return ""
            sent = ", ".join(f"{name} {value}" for name, value in facts.values.items() if value)
            return shortened(f"another system called with {sent}", 300) if sent else "another system called"

        return meets


_QUIET = ("reaction", "revoke", "system", "request_welcome", "edit")  # nobody expects an answer to these


def _wrote(facts: Facts) -> str:
    text = facts.said.raw
    return f"they wrote “{text[:80]}{'…' if len(text) > 80 else ''}”" if text else f"they sent {facts.message_kind}"


def span_words(minutes: int) -> str:
    """30 minutes, 2 hours, 3 days."""
    span = timedelta(minutes=minutes)
    if minutes % 1440 == 0:
        return plural(span.days, "day", "days")
    return plural(minutes // 60, "hour", "hours") if minutes % 60 == 0 else plural(minutes, "minute", "minutes")
