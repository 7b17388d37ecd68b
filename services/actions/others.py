"""Actions that are neither a message nor a change: wait, note it in the activity, stop the rules below."""

from datetime import timedelta
from typing import Any

from core.errors import Invalid
from core.words import plural
from services import activity, contacts
from services.actions.base import Action, Doing, Done, Field, Spec, filled, quoted

UNITS = {"minutes": 1, "hours": 60, "days": 1440}
LONGEST = timedelta(days=90)
_ABOUT = "And also"


class Wait(Action):
    """Go on later."""

    kind, label, about = "wait", "Wait", _ABOUT
    fields = (Field("count", "How long", "number", usual="1"),
              Field("unit", "Minutes, hours or days", "choice", choices=tuple((one, one) for one in UNITS), usual="hours"))

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid for a time that makes no sense."""
        kept = super().check(spec)
        if kept["count"] < 1 or timedelta(minutes=kept["count"] * UNITS[kept["unit"]]) > LONGEST:
            raise Invalid(f"Wait for at least a minute and {LONGEST.days} days at most", field="count")
        return kept

    def said(self, spec: Spec) -> str:
        """wait 2 hours."""
        return f"wait {plural(spec['count'], spec['unit'].removesuffix('s'), spec['unit'])}"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Say until when."""
        until = doing.now + wait_of(spec)
        return Done(f"waits {plural(spec['count'], spec['unit'].removesuffix('s'), spec['unit'])}", wait_until=until)


def wait_of(spec: Spec) -> timedelta:
    """How long a wait is."""
    return timedelta(minutes=int(spec["count"]) * UNITS[str(spec["unit"])])


class Log(Action):
    """A line in the activity."""

    kind, label, about = "log", "Note it in the activity", _ABOUT
    fields = (Field("text", "What is noted", "line"),)

    def said(self, spec: Spec) -> str:
        """note in the activity “…”."""
        return f"note in the activity {quoted(spec['text'])}"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Note it, with the person it is about."""
        text = filled(spec["text"], doing.values)
        activity.record("rule.noted", by=doing.actor, subject_kind="contact", subject_id=doing.contact_id,
                        subject_name=contacts.name_of(contacts.get_contact(doing.contact_id)), words=text[:200])
        return Done(f"noted in the activity {quoted(text)}")


class StopOthers(Action):
    """No rule below this one is asked about the same event."""

    kind, label, about = "stop_rules", "Stop the rules below", _ABOUT

    def said(self, spec: Spec) -> str:
        """stop the rules below."""
        return "stop the rules below"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Nothing but say so: whoever asks the rules heeds it."""
        return Done("stopped the rules below", stops_others=True)
