"""Actions on a person: tags, fields, what they agreed to."""

from core.states import ConsentState
from services import contacts
from services.actions.base import Action, Doing, Done, Field, Spec, filled, quoted

_ABOUT = "Change the person"
BUILT_IN = ("name", "first_name", "company", "email", "language")  # besides the fields a business made itself


class AddTag(Action):
    """Give a tag, made when it is new."""

    kind, label, about = "tag", "Give a tag", _ABOUT
    fields = (Field("tag", "Tag", "tag"),)

    def said(self, spec: Spec) -> str:
        """tag “patient”."""
        return f"tag {quoted(spec['tag'])}"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Tag the person."""
        is_new = contacts.give_tag(doing.contact_id, spec["tag"], by=doing.actor)
        return Done(f"tagged {quoted(spec['tag'])}" if is_new else f"had the tag {quoted(spec['tag'])} already")


class TakeTag(Action):
    """Take a tag away."""

    kind, label, about = "untag", "Take a tag away", _ABOUT
    fields = (Field("tag", "Tag", "tag"),)

    def said(self, spec: Spec) -> str:
        """take the tag “patient” away."""
        return f"take the tag {quoted(spec['tag'])} away"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Untag the person."""
        had = contacts.take_tag(doing.contact_id, spec["tag"], by=doing.actor)
        return Done(f"took the tag {quoted(spec['tag'])} away" if had else f"did not have the tag {quoted(spec['tag'])}")


class SetField(Action):
    """Write a value into a field of the person."""

    kind, label, about = "field", "Set a field", _ABOUT
    fields = (Field("field", "Field", "field"),
              Field("value", "Value", hint="A gap such as {{text}} is filled: what they wrote.", is_needed=False))

    def said(self, spec: Spec) -> str:
        """set City to “Lagos”."""
        return f"set {spec['field']} to {quoted(spec['value'])}"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Set it. Raises Invalid for a value the field cannot hold."""
        value = filled(spec["value"], doing.values)
        contacts.set_field(doing.contact_id, spec["field"], value, by=doing.actor)
        return Done(f"set {spec['field']} to {quoted(value)}")


class _Consent(Action):
    """What both share: a line in the ledger."""

    about = _ABOUT
    state: ConsentState
    words: str

    def said(self, spec: Spec) -> str:
        """As the label says."""
        return self.words

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Write the line; the rule and what they wrote are its proof."""
        wrote = f": they wrote “{doing.values.get('text', '')[:100]}”" if doing.values.get("text") else ""
        contacts.record_consent(contact_id=doing.contact_id, category="marketing", state=self.state, how="message",
                                proof=f"The {doing.author.kind} “{doing.author.name}”{wrote}", by=doing.actor)
        return Done(self.words)


class OptIn(_Consent):
    """They agreed to marketing."""

    kind, label = "opt_in", "Note that they agreed to marketing"
    state, words = ConsentState.GRANTED, "note that they agreed to marketing"


class OptOut(_Consent):
    """They want no marketing."""

    kind, label = "opt_out", "Stop marketing to them"
    state, words = ConsentState.WITHDRAWN, "stop marketing"


