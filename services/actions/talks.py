"""Actions on the conversation, by the face of the inbox: assign, open, close, snooze, note."""

from datetime import timedelta
from typing import Any

from core.errors import Invalid
from models import User, db
from services import inbox
from services.actions.base import Action, Doing, Done, Field, Spec, filled, quoted

_ABOUT = "In the inbox"
MOST_HOURS = 24 * 90


class _Talk(Action):
    """What all share: there must be a conversation."""

    about = _ABOUT

    def talk(self, doing: Doing) -> int:
        """The id of the conversation. Raises Invalid without one."""
        found = inbox.conversation_of(doing.contact_id, doing.channel_id or 0)
        if found is None:
            raise Invalid("There is no conversation with this person yet")
        return found.id


class Assign(_Talk):
    """Give the conversation to somebody of the team."""

    kind, label = "assign", "Give the conversation to somebody"
    fields = (Field("user_id", "Who", "user"),)

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid for somebody who is not in the team."""
        kept = super().check(spec)
        person = db.session.get(User, kept["user_id"])
        if person is None:
            raise Invalid("Choose somebody of the team", field="user_id")
        return kept | {"name": person.name or person.email}

    def said(self, spec: Spec) -> str:
        """give it to Folake."""
        return f"give it to {spec.get('name') or 'somebody'}"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Assign it. Raises Invalid when they have left the team."""
        inbox.assign(self.talk(doing), user_id=spec["user_id"], by=doing.actor)
        return Done(f"gave it to {spec.get('name') or 'somebody'}")


class Open(_Talk):
    """Open the conversation again."""

    kind, label = "open", "Open the conversation"

    def said(self, spec: Spec) -> str:
        """open the conversation."""
        return "open the conversation"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Open it."""
        inbox.reopen(self.talk(doing), by=doing.actor)
        return Done("opened the conversation")


class Close(_Talk):
    """Close the conversation."""

    kind, label = "close", "Close the conversation"

    def said(self, spec: Spec) -> str:
        """close the conversation."""
        return "close the conversation"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Close it; whoever had taken it over has given it back."""
        inbox.close(self.talk(doing), by=doing.actor)
        return Done("closed the conversation")


class Snooze(_Talk):
    """Put the conversation away for some hours."""

    kind, label = "snooze", "Snooze the conversation"
    fields = (Field("hours", "For how many hours", "number", usual="24"),)

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid for a time that makes no sense."""
        kept = super().check(spec)
        if not 1 <= kept["hours"] <= MOST_HOURS:
            raise Invalid(f"Choose between 1 and {MOST_HOURS:,} hours", field="hours")
        return kept

    def said(self, spec: Spec) -> str:
        """snooze it for 24 hours."""
        return f"snooze it for {spec['hours']} hours"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Snooze it."""
        until = doing.now + timedelta(hours=spec["hours"])
        inbox.snooze(self.talk(doing), until=until, by=doing.actor)
        return Done(f"snoozed it for {spec['hours']} hours")


class Note(_Talk):
    """Write a note the team sees and the person does not."""

    kind, label = "note", "Write a note for the team"
    fields = (Field("text", "Note", "text", "The person never sees it."),)

    def said(self, spec: Spec) -> str:
        """note “…”."""
        return f"note {quoted(spec['text'])}"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Write it."""
        text = filled(spec["text"], doing.values)
        inbox.add_note(self.talk(doing), text=text, by=doing.actor)
        return Done(f"noted {quoted(text)}")
