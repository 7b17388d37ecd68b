"""Starting and stopping flows as actions of rules."""

from typing import Any

from core.errors import Conflict
from services import actions
from services.actions import Action, Doing, Done, Field, Spec, quoted
from services.flows.edit import get_flow
from services.flows.sessions import start, stop


class StartFlow(Action):
    """Lead the person into a flow."""

    kind, label, about = "start_flow", "Start a flow", "Flows"
    fields = (Field("flow_id", "Flow", "flow"),)
    sends = sends_itself = True

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises NotFound for a flow that is not there."""
        kept = super().check(spec)
        return kept | {"name": get_flow(kept["flow_id"]).name}

    def said(self, spec: Spec) -> str:
        """start the flow “Booking”."""
        return f"start the flow {quoted(spec.get('name', ''))}"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Start it. Raises NotFound, Conflict when it is off or there is no number to speak from."""
        if doing.channel_id is None:
            raise Conflict("There is no business number to speak from")
        start(spec["flow_id"], contact_id=doing.contact_id, channel_id=doing.channel_id, by=doing.actor, memory={
            name: value for name, value in doing.values.items() if name == "text"})
        return Done(f"started the flow {quoted(spec.get('name', ''))}")


class StopFlow(Action):
    """Let the person go from the flow they are in."""

    kind, label, about = "stop_flow", "Stop the flow they are in", "Flows"
    sends_itself = True

    def said(self, spec: Spec) -> str:
        """stop the flow they are in."""
        return "stop the flow they are in"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Stop it, if there is one."""
        ended = stop(contact_id=doing.contact_id, channel_id=doing.channel_id, reason=f"Stopped by {doing.author.name}")
        return Done("stopped the flow" if ended else "they were in no flow")


def offer() -> None:
    """Add both to the table of actions. Twice is once."""
    for action in (StartFlow(), StopFlow()):
        actions.add(action)
