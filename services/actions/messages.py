"""Actions that send: a text, a file, buttons, a list, a template. All leave through the one queue, as a person's do."""

from typing import Any

from core.errors import Conflict, Invalid
from core.states import TemplateState
from models import Contact, db
from services import channels, media, message_templates, sending
from services.actions.base import Action, Doing, Done, Field, Spec, filled, quoted

TEXT = Field("text", "Text", "text", "Gaps such as {{first_name}} are filled for each person.")


class Send(Action):
    """What all of them share."""

    about = "Send"
    sends = True

    def queue(self, doing: Doing, *, kind: str, text: str, content: dict[str, Any] | None = None) -> Done:
        """Queue a free message. Raises Invalid for what cannot be sent, also when we have no way to reach the person."""
        if doing.channel_id is None:
            raise Invalid("There is no business number to send from")
        said = filled(text, doing.values)
        went = doing.queue(channel_id=doing.channel_id, kind=kind, text=said, content=content)
        return Done(f"queued {quoted(said)}" if said else f"queued the {kind}", *went)

    def check(self, spec: Spec) -> dict[str, Any]:
        """The message as it is kept, within Meta's limits. Raises Invalid, naming the field."""
        kept = super().check(spec)
        if "text" in kept:
            filled(kept["text"], {})
            sending.check_content(*self.wire(kept))
        return kept

    def wanted(self, spec: Spec) -> sending.Wanted | None:
        """A free message: only within 24 hours after they wrote."""
        return sending.Wanted("utility", needs_window=True)

    def wire(self, kept: Spec) -> tuple[str, str, dict[str, Any]]:
        """Kind, text and content as the queue takes them."""
        return "text", kept["text"], {}

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Queue it."""
        kind, text, content = self.wire(spec)
        return self.queue(doing, kind=kind, text=text, content=content)


class SendText(Send):
    """Free text, within the 24 hours after they wrote."""

    kind, label = "text", "Answer with a text"
    fields = (TEXT,)

    def said(self, spec: Spec) -> str:
        """answer “…”."""
        return f"answer {quoted(spec['text'])}"


class SendButtons(Send):
    """A text with one to three buttons; what is pressed comes back as a choice."""

    kind, label = "buttons", "Answer with buttons"
    fields = (TEXT, Field("choices", "Buttons", "words", "One a line, three at most, 20 characters each."))

    def said(self, spec: Spec) -> str:
        """ask “…” with its buttons."""
        return f"ask {quoted(spec['text'])} with {' / '.join(spec['choices'])}"

    def wire(self, kept: Spec) -> tuple[str, str, dict[str, Any]]:
        """A message with buttons."""
        return "interactive", kept["text"], {"action": "buttons", "choices": _choices(kept["choices"])}


class SendList(Send):
    """A text with a list of up to ten rows."""

    kind, label = "list", "Answer with a list"
    fields = (TEXT, Field("label", "Button that opens the list", hint="20 characters", usual="Choose"),
              Field("choices", "Rows", "words", "One a line, ten at most, 24 characters each."))

    def said(self, spec: Spec) -> str:
        """offer “…” with its rows."""
        return f"offer {quoted(spec['text'])} with a list of {len(spec['choices'])}"

    def wire(self, kept: Spec) -> tuple[str, str, dict[str, Any]]:
        """A message with a list."""
        sections = [{"title": "", "rows": _choices(kept["choices"])}]
        return "interactive", kept["text"], {"action": "list", "label": kept["label"], "sections": sections}


class SendMedia(Send):
    """A file that was uploaded before, with a caption."""

    kind, label = "media", "Answer with a picture or file"
    fields = (Field("media_id", "File", "media"), Field("text", "Caption", "text", is_needed=False))

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid for a file nobody has."""
        kept = Action.check(self, spec)
        _file(kept["media_id"])
        return kept

    def said(self, spec: Spec) -> str:
        """send a file, with its caption."""
        return f"send a file with {quoted(spec['text'])}" if spec.get("text") else "send a file"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Queue it; the carrier is given the file before the message leaves."""
        file = _file(spec["media_id"])
        return self.queue(doing, kind=file.kind, text=spec.get("text") or "",
                          content={"media_id": file.id, "name": file.name})


class SendTemplate(Send):
    """An approved template: may be sent at any time, to those who agreed where it is marketing."""

    kind, label = "template", "Send a template"
    fields = (Field("version_id", "Template", "template",
                    "Outside the 24 hours after they wrote, only templates may be sent."),)

    def said(self, spec: Spec) -> str:
        """send the template, by its name where it is known."""
        return f"send the template {quoted(spec.get('name') or str(spec['version_id']))}"

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid for a template that is not there."""
        kept = Action.check(self, spec)
        version = _version(kept["version_id"])
        return kept | {"name": version.template.name}

    def wanted(self, spec: Spec) -> sending.Wanted | None:
        """The kind of the template, and whether it may be sent at all."""
        version = _version(spec["version_id"])
        return sending.Wanted(version.template.category, is_approved=version.state == TemplateState.APPROVED)

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Queue it with the person's own values; Invalid names a gap nobody can fill, Conflict why it may not be."""
        version, person = _version(spec["version_id"]), db.session.get(Contact, doing.contact_id)
        if doing.channel_id is None or person is None:
            raise Invalid("There is no business number to send from, or no person to send to")
        if why := message_templates.why_not(version.id, business_id=channels.get_channel(doing.channel_id).business_id):
            raise Conflict(why)
        known = message_templates.values_of(person)
        values, lacking = message_templates.resolve(
            version.variables, {name: {"from": "text", "text": value} for name, value in doing.values.items()
                                if value and any(one["name"] == name for one in version.variables)}, known)
        if lacking:
            raise Invalid(f"The template needs {{{{{lacking}}}}}, and nothing is known of it")
        went = doing.queue(channel_id=doing.channel_id, version_id=version.id, variables=values)
        return Done(f"queued the template {quoted(version.template.name)}", *went)


def _choices(titles: list[str]) -> list[dict[str, str]]:
    """Buttons or rows with the id that comes back: their own words."""
    return [{"id": title[:200], "title": title} for title in titles]


def _file(media_id: int | None) -> Any:
    return media.get_media(media_id or 0)


def _version(version_id: int | None) -> Any:
    return message_templates.get_version(version_id or 0)
