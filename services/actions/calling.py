"""The action that calls another system."""

import json
from typing import Any

from services import hooks
from services.actions.base import Action, Doing, Done, Field, Spec, quoted


class Call(Action):
    """A signed HTTP call, queued and tried again until it is answered."""

    kind, label, about = "call", "Call another system", "And also"
    fields = (Field("target_id", "System", "target", "Signed as Standard Webhooks says; tried again for some hours."),)

    def check(self, spec: Spec) -> dict[str, Any]:
        """Raises Invalid for a system that is not there."""
        kept = super().check(spec)
        return kept | {"name": hooks.get_target(kept["target_id"]).name}

    def said(self, spec: Spec) -> str:
        """call “Shop”."""
        return f"call {quoted(spec.get('name') or 'another system')}"

    def do(self, spec: Spec, doing: Doing) -> Done:
        """Queue the call with what is known of the person. Raises NotFound, Conflict when the system is switched off."""
        body = {"type": f"{doing.author.kind}.called", "timestamp": doing.now.isoformat(), "data": {
            doing.author.kind: doing.author.name, "contact": {"id": doing.contact_id, "phone": doing.phone},
            "values": {name: value for name, value in doing.values.items() if value}}}
        hooks.call(spec["target_id"], body=json.dumps(body, ensure_ascii=False), contact_id=doing.contact_id,
                   author=doing.author.name)
        return Done(f"queued a call to {quoted(spec.get('name') or 'another system')}")
