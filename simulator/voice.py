"""What people do reaches our webhook, and stays on their phones: the only writer of what a person says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator import drawn, ledger
from simulator.customers import user_id_of, wamid
from simulator.files import Files
from simulator.ledger import Pen
from simulator.notices import NO_CONTACT
from simulator.people import Person
from simulator.plot import Saying
from simulator.speech import Said
from simulator.talk import PERSON, Line, Talk

NEVER = 1e12  # Unix seconds: news that waits for a connection
OPENS_NO_WINDOW = ("reaction", "request_welcome", "edit", "revoke", "system")  # not known to; nobody should rely on it
_REACT = "UPDATE talk SET reaction_theirs = ? WHERE wamid = ?"
_EDIT = "UPDATE talk SET shown = ?, edited_at = ? WHERE wamid = ?"
_DELETE = "UPDATE talk SET deleted_at = ? WHERE wamid = ?"


@dataclass(frozen=True, slots=True)
class Room:
    """The talk one person is in: what speech.said_of may ask."""

    number: str
    business_number: str
    talk: Talk
    files: Files

    def line(self, identity: object) -> Line | None:
        """A message of this talk."""
        return self.talk.line(self.number, identity)

    def file(self, identity: object, kind: str) -> Mapping[str, str] | None:
        """A file a person may send as this kind."""
        return self.files.of_person(identity, kind)


class Voice:
    """Lets people speak. Nothing is written before Pen.committed()."""

    def __init__(self, phone_number_id: str, *, pen: Pen, files: Files) -> None:
        self._owner = phone_number_id
        self._pen = pen
        self._files = files

    def speak(self, person: Person, said: Said, *, born: float, due: float) -> str:
        """One thing a person does at `due` (Unix seconds). Returns the id of the message."""
        message = _message(person, said, due)
        identity, waits = str(message["id"]), not person.has_connection
        if not waits and said.kind not in OPENS_NO_WINDOW:
            self._pen.note(ledger.HEAR, [(person.number, due)])
        self.announce(person, "message", message, born=born, due=due)
        if said.shown is not None:
            line = Line(due, person.number, PERSON, identity, said.kind, said.shown, quotes=said.quotes, waits=waits)
            self._pen.note(ledger.SHOW, [line.row()])
        elif said.part:
            self._apply(said, due)
        return identity

    def say(self, person: Person, saying: Saying, *, born: float, due: float) -> str:
        """What a story lets a person say or switch."""
        if saying.kind in ("stop_marketing", "resume_marketing"):
            self.prefer(person, saying.kind.removesuffix("_marketing"), born=born, due=due)
            return ""
        if saying.is_anonymous:
            person = anonymous(person)
        return self.speak(person, self._said(saying), born=born, due=due)

    def prefer(self, person: Person, word: str, *, born: float, due: float) -> None:
        """Let a person switch our marketing off (`stop`) or on again (`resume`)."""
        self._pen.note(ledger.PREFER, [(person.number, int(word == "stop"))])
        number = {} if person.hides_number else {"wa_id": person.number}
        told = number | {"user_id": person.user_id, "detail": f"User requested to {word} marketing messages",
                         "category": "marketing_messages", "value": word, "timestamp": int(due)}
        self.announce(person, "preference", told, born=born, due=due)

    def move(self, person: Person, new: Person, *, now: float) -> None:
        """Tell that a person has another number from now on, and another user id with it."""
        was, is_now = (person.user_id, new.user_id) if person.hides_number else (person.number, new.number)
        system: dict[str, Any] = {"body": f"User {person.name} changed from {was} to {is_now}"}
        if person.hides_number:
            system |= {"user_id": new.user_id, "type": "user_changed_user_id"}
            sender = {"from_user_id": person.user_id}
        else:
            system |= {"wa_id": new.number, "type": "user_changed_number"}
            sender = {"from": person.number}
        message = sender | {"id": wamid(new.number), "timestamp": str(int(now)), "type": "system", "system": system}
        number = {} if person.hides_number else {"wa_id": person.number}
        update = number | {"detail": f"User id for {person.name} has been updated.",
                           "user_id": {"previous": person.user_id, "current": new.user_id}, "timestamp": str(int(now))}
        self.announce(new, "message", message, born=now, due=now, contact=NO_CONTACT)
        profile = {"name": person.name} | ({"username": person.username} if person.username else {})
        self.announce(new, "user_id", update, born=now, due=now, contact=json.dumps({"profile": profile} | number))
        notice = {"notice": f"Your number is +{new.number} now"}
        self._pen.note(ledger.SHOW, [Line(now, new.number, PERSON, str(message["id"]), "system", notice).row()])

    def announce(self, person: Person, kind: str, part: Mapping[str, Any], *, born: float, due: float,
                 contact: str = "") -> None:
        """Plan what the webhook will be told; without a connection it waits."""
        who = contact or (person.contact() if person.is_held or person.hides_number else "")
        at = due if person.has_connection else NEVER
        self._pen.note(ledger.ANNOUNCE, [(at, born, self._owner, kind, person.number, json.dumps(part), who)])

    def _said(self, saying: Saying) -> Said:
        """What stories say: a text, a button, a picture."""
        if saying.kind == "image":
            data, mime, _name = drawn.file_of("parcel")
            file = self._files.of_person(self._files.keep_theirs(data, mime), "image") or {}
            part = {"id": file["id"], "mime_type": mime, "caption": saying.text, "sha256": file["sha256"]}
            return Said("image", part, {"text": saying.text, "file": {"kind": "image", "id": file["id"], "mime": mime}})
        if saying.kind == "button":
            return Said("button", {"text": saying.text, "payload": saying.text}, {"text": saying.text, "pressed": True})
        return Said("text", {"body": saying.text}, {"text": saying.text})

    def _apply(self, said: Said, at: float) -> None:
        """What happens to another message of the talk."""
        match said.kind:
            case "reaction":
                self._pen.note(_REACT, [(said.part.get("emoji", ""), said.part["message_id"])])
            case "edit":
                body = said.part["message"]["text"]["body"]
                self._pen.note(_EDIT, [(json.dumps({"text": body}), at, said.part["original_message_id"])])
            case "revoke":
                self._pen.note(_DELETE, [(at, said.part["original_message_id"])])


def anonymous(person: Person) -> Person:
    """An ordinary person who shows a username and no number."""
    return replace(person, name="Sam", username=f"sam.{person.number[-4:]}", hides_number=True)


def moved(person: Person, number: str) -> Person:
    """The same person with another number."""
    return replace(person, number=number, user_id=user_id_of(number))


def _message(person: Person, said: Said, due: float) -> dict[str, Any]:
    """What the person did, as Meta tells it."""
    message: dict[str, Any] = {"context": dict(said.context)} if said.context else {}
    if not person.hides_number:
        message["from"] = person.number
    message |= {"from_user_id": person.user_id, "id": wamid(person.number), "timestamp": str(int(due)), "type": said.kind}
    if said.part is not None:
        message[said.kind] = said.part
    return message | dict(said.more)
