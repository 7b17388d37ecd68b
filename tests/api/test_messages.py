"""/api/v1/messages: filters, one message sent once, refusals as problems."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from core import clock
from core.states import MessageState
from models import Contact, Conversation, Message, db, transaction
from services import channels
from tests.factories import sending as make


def count(**where):
    return db.session.scalar(select(func.count()).select_from(Message).filter_by(**where))


class TestReading:
    def test_messages_come_by_id_and_the_list_says_where_it_goes_on(self, program, channel):
        make.make_campaign(5, channel=channel)

        first = program.get("/messages", limit=2).json
        second = program.get("/messages", limit=2, after=first["next_after"]).json
        last = program.get("/messages", limit=2, after=second["next_after"]).json

        ids = [one["id"] for part in (first, second, last) for one in part["data"]]
        assert len(ids) == 5 and ids == sorted(ids) and last["next_after"] is None

    @pytest.mark.parametrize(("query", "found"), [
        ({"direction": "in"}, ["Is it ready?"]), ({"phone": "+44 7700 900001"}, ["Is it ready?"]), ({"type": "image"}, []),
        ({"status": "received"}, ["Is it ready?"]), ({"status": "failed"}, []), ({"since": "2999-01-01T00:00:00Z"}, []),
        ({"since": "2020-01-01T00:00:00Z"}, ["Is it ready?"]), ({"campaign": 7}, []), ({"phone": "+447700900009"}, [])])
    def test_each_filter_keeps_what_it_says(self, program, talk, query, found):
        assert [one["text"] for one in program.get("/messages", **query).json["data"]] == found

    def test_a_conversation_opens_its_messages(self, program, talk):
        data = program.get("/messages", conversation=talk.id).json["data"]

        assert [(one["conversation_id"], one["text"]) for one in data] == [(talk.id, "Is it ready?")]

    @pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 100000}, {"status": "odd"}, {"since": "yesterday"},
                                       {"since": "2026-11-24T09:00:00"}, {"phone": "abc"}, {"colour": "red"}, {"after": "-1"}])
    def test_an_odd_filter_is_refused_by_name(self, program, query):
        answer = program.get("/messages", **query)

        assert (answer.status_code, answer.json["field"]) == (422, next(iter(query)))

    def test_what_is_not_there_is_said(self, program):
        assert program.get("/messages/999").status_code == program.get("/nothing").status_code == 404


class TestSending:
    def test_a_text_within_the_window_is_queued_once(self, program, talk):
        answer = program.post("/messages", {"conversation_id": talk.id, "text": "Yes, come by"})

        assert answer.status_code == 201
        assert (answer.json["status"], answer.json["author"]) == ("queued", {"kind": "api", "name": "Shop"})
        assert program.get(f"/messages/{answer.json['id']}").json["text"] == "Yes, come by"

    @pytest.mark.parametrize("whom", [{"conversation_id": 0}, {"contact_id": 0}, {"to": "+447700900001"}])
    def test_from_a_number_that_is_switched_off_nothing_is_queued(self, program, talk, by, whom):
        ids = {"conversation_id": talk.id, "contact_id": talk.contact_id}
        channels.switch_off(talk.channel_id, by=by)

        answer = program.post("/messages", {name: ids.get(name, value) for name, value in whom.items()} | {"text": "Yes"})

        assert answer.status_code == 409 and "is switched off, so nothing leaves from it" in answer.json["detail"]
        assert count(direction="out") == 0

    def test_its_conversation_shows_it_and_waits_no_longer_once_it_left(self, program, talk):
        with transaction():
            db.session.get(Conversation, talk.id).waiting_since = clock.now()
        program.post("/messages", {"conversation_id": talk.id, "text": "Yes, come by"})

        make.leave(talk.channel_id)

        shown, = program.get("/conversations").json["data"]
        assert (shown["preview"], shown["waiting_since"]) == ("Yes, come by", None)

    def test_outside_the_window_a_text_is_refused_and_nothing_is_kept(self, program, channel):
        make.make_people(1)

        answer = program.post("/messages", {"to": "+447700900001", "text": "Hello"}, Idempotency_Key="a")

        assert (answer.status_code, answer.json["field"], count()) == (409, "type", 0)

    def test_a_template_goes_to_a_new_number(self, program, channel):
        make.make_version(category="utility", name="order_ready")

        answer = program.post("/messages", {"to": "+44 7700 900123", "template": {
            "name": "order_ready", "language": "en_GB", "variables": {"first_name": "Ana"}}})

        assert (answer.status_code, answer.json["template"]["variables"]) == (201, {"first_name": "Ana"})
        assert db.session.scalars(select(Contact.source)).all() == ["api"]

    def test_marketing_to_somebody_who_never_agreed_is_refused_with_the_reason(self, program, channel):
        make.make_version(name="sale")

        answer = program.post("/messages", {"to": "+447700900123", "template": {"name": "sale", "variables": {"first_name": "A"}}})

        assert (answer.status_code, answer.json["detail"]) == (409, "Never agreed to marketing messages")
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 0

    def test_a_time_ahead_is_kept(self, program, talk):
        answer = program.post("/messages", {"conversation_id": talk.id, "text": "Later", "send_at": "2999-01-01T00:00:00Z"})
        assert (answer.status_code, answer.json["field"]) == (422, "send_at")

        at = f"{clock.now().replace(microsecond=0).isoformat().replace('+00:00', 'Z')}"
        assert program.post("/messages", {"conversation_id": talk.id, "text": "Now", "send_at": at}).status_code == 201

    def test_a_reaction_goes_to_the_message_it_names(self, program, talk):
        theirs = db.session.scalars(select(Message)).one()

        program.post("/messages", {"conversation_id": talk.id, "type": "reaction", "text": "👍", "reply_to": theirs.id})

        assert db.session.scalars(select(Message.reply_to).where(Message.direction == "out")).all() == ["wamid.in"]

    @pytest.mark.parametrize(("body", "field"), [
        ({}, "to"), ({"to": "hello", "text": "x"}, "to"), ({"to": "+447700900001", "contact_id": 1, "text": "x"}, "contact_id"),
        ({"to": "+447700900001", "text": 5}, "text"), ({"to": "+447700900001", "colour": "red"}, "colour"),
        ({"to": "+447700900001", "template": {"name": "none"}}, "template"), ({"contact_id": "x", "text": "x"}, "contact_id"),
        ({"to": "+447700900001", "type": "template"}, "template"), ({"contact_id": True, "text": "x"}, "contact_id")])
    def test_what_cannot_be_used_is_named(self, program, body, field):
        answer = program.post("/messages", body)

        assert (answer.status_code, answer.json["field"]) == (422, field)

    @pytest.mark.parametrize("body", ["[]", '"x"', "null", "5"])
    def test_only_an_object_is_read(self, app, program, body):
        answer = app.test_client().post("/api/v1/messages", data=body, headers=program.headers(),
                                        content_type="application/json")

        assert answer.status_code == 422

    @pytest.mark.parametrize(("sent", "mime", "status", "words"), [
        (b"{", "application/json", 400, "not JSON"), (b'{"text": "\xff"}', "application/json", 400, "not JSON"),
        (b"text=hi", "text/plain", 415, "application/json"), (b"[" * 100_000, "application/json", 422, "too deeply")])
    def test_what_is_no_json_is_said_in_words_for_programs(self, app, program, sent, mime, status, words):
        answer = app.test_client().post("/api/v1/messages", data=sent, headers=program.headers(), content_type=mime)

        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert words in answer.json["detail"]

    def test_a_wrong_method_names_those_there_are(self, app, program):
        answer = app.test_client().delete("/api/v1/messages", headers=program.headers())

        assert (answer.status_code, "page" in answer.text) == (405, False)
        assert "POST" in answer.headers["Allow"]

    @pytest.mark.parametrize(("kind", "content", "field"), [
        ("interactive", {"action": "buttons", "choices": "abc"}, "choices"), ("interactive", {"action": {"a": 1}}, "action"),
        ("interactive", {"action": "list", "label": "Open", "sections": [{"rows": [1]}]}, "sections"),
        ("interactive", {"action": "buttons", "choices": [{"title": "A", "odd": 1}]}, "choices"),
        ("contacts", {"cards": [1]}, "cards"), ("contacts", {"cards": [{"formatted_name": {"a": 1}}]}, "cards"),
        ("contacts", {"cards": [{"formatted_name": "A", "phones": [{"value": 5}]}]}, "cards"),
        ("image", {"media_id": "abc"}, "media_id"), ("image", {"media_id": 10**30}, "media_id"),
        ("image", {"media_id": True}, "media_id"), ("image", {"media_id": 99_999}, "media_id"), ("image", {}, "file"),
        ("location", {"latitude": "1", "longitude": "2", "name": {"a": 1}}, "name"), ("text", {"media_id": 1}, "media_id"),
        ("reaction", {}, "reply_to"), ("poll", {}, "type")])
    def test_content_of_another_shape_is_refused_before_anybody_reads_it(self, program, talk, kind, content, field):
        words = "👍" if kind == "reaction" else "Hello"
        answer = program.post("/messages", {"conversation_id": talk.id, "type": kind, "text": words, "content": content})

        assert (answer.status_code, answer.json.get("field"), count(direction="out")) == (422, field, 0)

    def test_fields_nobody_may_set_are_refused(self, program, talk):
        for name in ("id", "status", "state", "author", "priority", "wire_id"):
            assert program.post("/messages", {"conversation_id": talk.id, "text": "x", name: 1}).status_code == 422


class TestIdempotency:
    def test_asking_again_gives_the_first_answer_and_sends_nothing(self, program, talk):
        body = {"conversation_id": talk.id, "text": "Yes"}
        first = program.post("/messages", body, Idempotency_Key="order-7")
        again = program.post("/messages", body, Idempotency_Key="order-7")

        assert (again.status_code, again.json["id"], again.headers["Idempotent-Replayed"]) == (201, first.json["id"], "true")
        assert count(direction="out") == 1

    def test_the_same_key_with_other_contents_is_refused(self, program, talk):
        program.post("/messages", {"conversation_id": talk.id, "text": "Yes"}, Idempotency_Key="order-7")

        answer = program.post("/messages", {"conversation_id": talk.id, "text": "No"}, Idempotency_Key="order-7")

        assert (answer.status_code, answer.json["field"]) == (409, "Idempotency-Key")

    def test_what_was_refused_may_be_mended_under_the_same_key(self, program, talk):
        assert program.post("/messages", {"conversation_id": talk.id, "text": " "}, Idempotency_Key="k").status_code == 422

        assert program.post("/messages", {"conversation_id": talk.id, "text": "Yes"}, Idempotency_Key="k").status_code == 201

    def test_keys_of_two_programs_do_not_meet(self, program_with, talk):
        body = {"conversation_id": talk.id, "text": "Yes"}

        for one in (program_with("send"), program_with("send")):
            one.post("/messages", body, Idempotency_Key="same")

        assert count(direction="out") == 2

    def test_fifty_at_once_make_one_message(self, app, program, talk):
        body = {"conversation_id": talk.id, "text": "Yes"}
        def ask(_number):
            with app.app_context():
                return app.test_client().post("/api/v1/messages", json=body,
                                              headers=program.headers() | {"Idempotency-Key": "one"})

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(30)))

        assert {(answer.status_code, answer.json["id"]) for answer in answers} == {(201, answers[0].json["id"])}
        assert count(direction="out") == 1

    def test_a_name_nobody_can_keep_is_refused(self, program, talk):
        answer = program.post("/messages", {"conversation_id": talk.id, "text": "x"}, Idempotency_Key="k" * 129)

        assert (answer.status_code, answer.json["field"]) == (422, "Idempotency-Key")


def test_the_message_is_sent_like_any_other(program, talk, channel):
    from services import sending

    program.post("/messages", {"conversation_id": talk.id, "text": "Yes"})
    claim, = sending.claim(channel.id, want=5)

    assert (claim.outgoing.to, claim.outgoing.content.body) == ("+447700900001", "Yes")
    assert count(state=MessageState.SENDING) == 1
