"""Templates for tests: written by the real service, approved where a trait says so."""

from collections.abc import Callable
from typing import Any

from core.actor import COMMAND
from core.states import TemplateState
from models import MessageTemplate, TemplateVersion, db, transaction
from services import message_templates
from transports.port import ListedTemplate, SendFailed

BODY = "Hello {{first_name}}, the flu vaccine is here. Come on {{vaccine_day}} from 8 in the morning."


def a_template(name: str = "flu_vaccine_days", *, state: TemplateState = TemplateState.APPROVED,
               language: str = "en_GB", category: str = "marketing", body: str = BODY,
               footer: str = "Reply STOP to end these messages",
               variables: Any = (), reason: str = "") -> MessageTemplate:
    """A template with one version in `state`."""
    template = message_templates.add_template(
        name=name, language=language, category=category, body=body, footer=footer,
        variables=variables or [{"name": "first_name", "sample": "Adaeze", "fallback": "there"}], by=COMMAND)
    in_state(newest(template), state, reason=reason)
    return template


def newest(template: MessageTemplate) -> TemplateVersion:
    """The newest version of a template."""
    return message_templates.get_template(template.id).versions[-1]


def in_state(version: TemplateVersion, state: TemplateState, *, reason: str = "") -> TemplateVersion:
    """The version as if the carrier had said so."""
    with transaction():
        found = db.session.get(TemplateVersion, version.id)
        found.state, found.reason = state, reason
        if state is not TemplateState.PENDING:
            found.wire_id = f"77{version.id}"
    return found


class Catalogue:
    """A carrier's list for tests: keeps what was handed in, answers what it is told to. `listed` is what it lists."""

    def __init__(self, *answers: tuple[str, str] | SendFailed) -> None:
        self.answers = list(answers)
        self.listed: list[ListedTemplate] = []
        self.acts: list[tuple[str, ...]] = []
        self.trouble: SendFailed | None = None
        self.meanwhile: Callable[[], object] = lambda: None  # what happens while the list is under way
        self.asked: list[dict[str, Any]] = []
        self.was_in_transaction = False

    def submit(self, line: Any, **submission: Any) -> tuple[str, str]:
        """Note what was handed in, and give the next answer: approved when none is prepared."""
        self.asked.append(submission)
        self.was_in_transaction = self.was_in_transaction or db.session().in_transaction()
        answer = self.answers.pop(0) if self.answers else (f"90{len(self.asked)}", "approved")
        if isinstance(answer, SendFailed):
            raise answer
        return answer

    def templates(self, line: Any) -> list[ListedTemplate]:
        """What it lists."""
        self._act("templates", line.business_id)
        self.meanwhile()
        return self.listed

    def change(self, line: Any, wire_id: str, **words: Any) -> None:
        """Note whose words were changed."""
        self.asked.append(words)
        self._act("change", wire_id)

    def delete(self, line: Any, *, name: str, wire_id: str = "") -> None:
        """Note what was deleted."""
        self._act("delete", name, wire_id)

    def unpause(self, line: Any, wire_id: str) -> None:
        """Note what may go on."""
        self._act("unpause", wire_id)

    def _act(self, *words: str) -> None:
        self.was_in_transaction = self.was_in_transaction or db.session().in_transaction()
        self.acts.append(words)
        if self.trouble:
            raise self.trouble


def listed(version: TemplateVersion, **changes: Any) -> ListedTemplate:
    """A version of ours as a carrier lists it that was told exactly that."""
    values = {
        "wire_id": version.wire_id or "771", "name": version.wire_name, "language": version.template.language,
        "category": version.template.category, "state": "approved", "word": "APPROVED", "body": version.body,
        "footer": version.footer, "header": dict(version.header or {}), "buttons": tuple(version.buttons or ()),
        "is_named": message_templates.is_named(version.variables)}
    return ListedTemplate(**(values | changes))
