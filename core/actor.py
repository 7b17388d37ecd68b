"""Who does something: a person of the team, or a part of the program. Passed in as `by=`, never looked up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` is user, system, command, contact, rule or flow; `user_id` is set for people who are signed in."""

    kind: str
    name: str
    user_id: int | None = None

    @property
    def is_program(self) -> bool:
        """Whether it was a rule or a flow: what they do starts no other rule."""
        return self.kind in ("rule", "flow")


SYSTEM = Actor("system", "Pigeonpost")
COMMAND = Actor("command", "Command line")
