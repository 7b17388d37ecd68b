"""The made-up customers as our pages ask for them: by the control address, refused in words."""

import io

import pytest

from core.errors import CarrierTrouble, Invalid, NotFound
from models import Message, db
from services import channels, contacts, simulation
from simulator import drawn
from tests.factories.contacts import a_contact
from tests.simulated import simulated

PERSON = "+447700900123"


@pytest.fixture
def world(app, tmp_path):
    """A running simulator behind the simulated number."""
    with simulated(tmp_path) as running:
        yield running


class TestPeople:
    def test_whoever_is_made_is_listed_with_a_number_of_their_own(self, world):
        one = simulation.make_person(name="Sam", username="@sam.rides", hides_number=True)

        assert simulation.people() == [one]
        assert (one.name, one.username, one.hides_number, one.is_held) == ("Sam", "sam.rides", True, True)

    def test_a_contact_has_their_name_on_the_phone_too(self, world):
        a_contact("Ibrahim Musa", phone=PERSON)

        assert simulation.pick_up(PERSON).name == "Ibrahim Musa"

    def test_looking_at_a_phone_picks_nothing_up(self, world):
        assert not simulation.phone(PERSON).person.is_held
        assert simulation.people() == []

    def test_what_the_simulator_refuses_is_said_in_its_words(self, world):
        with pytest.raises(Invalid, match="shows a username"):
            simulation.make_person(name="Sam", hides_number=True)

    @pytest.mark.parametrize("number", ["", "447700900123x", "../people", "+1"])
    def test_what_is_no_number_reaches_no_simulator(self, world, number):
        with pytest.raises(Invalid):
            simulation.phone(number)


class TestTalk:
    def test_what_they_write_reaches_the_team_by_the_signed_webhook(self, world):
        simulation.make_person(name="Priya N.", number=PERSON)
        wire_id = simulation.say(PERSON, "text", text="Do you open on Saturday?")
        world.carry()

        view = simulation.team_view(PERSON)

        assert (view.contact.phone, view.contact.name) == (PERSON, "Priya N.")
        assert [(one.is_ours, one.text) for one in view.talk] == [(False, "Do you open on Saturday?")]
        assert db.session.query(Message).one().wire_id == wire_id == simulation.phone(PERSON).talk[0].id

    def test_a_person_nobody_knows_has_no_view(self, world):
        assert simulation.team_view(PERSON) == simulation.TeamView(None, None, [])

    def test_the_calls_between_come_with_their_bodies(self, world):
        simulation.make_person(name="Priya N.", number=PERSON)
        simulation.say(PERSON, "text", text="Hello")
        world.carry()
        simulation.say(PERSON, "text", text="Again")
        world.carry()

        last = simulation.phone(PERSON).calls[-1]

        assert (last.way, last.what, last.status) == ("in", "message text", 200) and "whatsapp_business_account" in last.body

    def test_switches_change_how_a_phone_behaves(self, world):
        simulation.make_person(name="Priya N.", number=PERSON)

        simulation.change_phone(PERSON, has_connection=False, news_late=5)

        person = simulation.phone(PERSON).person
        assert (person.has_connection, person.news_late) == (False, 5.0)

    def test_a_new_number_is_another_phone(self, world):
        simulation.make_person(name="Priya N.", number=PERSON)

        moved = simulation.change_number(PERSON, "+44 7700 900124")

        assert moved.number == "+447700900124" and [one.number for one in simulation.people()] == ["+447700900124"]

    def test_many_write_at_once(self, world):
        assert simulation.say_many(3) == 3

        world.carry()
        assert contacts.count_contacts() >= 1


class TestFiles:
    def test_a_file_goes_as_what_it_holds(self, world):
        picture = io.BytesIO(drawn.picture("door"))

        assert simulation.hand_over(picture, name="anything.txt")[1] == "image"
        assert simulation.hand_over(io.BytesIO(b"MZ\x90\x00" * 9), name="photo.jpg")[1] == "document"

    def test_a_file_on_a_phone_can_be_looked_at(self, world):
        simulation.make_person(name="Priya N.", number=PERSON)
        file = simulation.draw("door")["id"]

        stream, mime, may_show = simulation.open_file(file)

        with stream:
            assert (stream.read(), mime, may_show) == (drawn.picture("door"), "image/png", True)

    @pytest.mark.parametrize("size", [0, simulation.MOST_FILE_BYTES + 1])
    def test_a_file_that_is_empty_or_too_large_is_refused(self, world, size):
        with pytest.raises(Invalid, match="1 byte to 16 MB"):
            simulation.hand_over(io.BytesIO(b"\0" * size), name="x")

    def test_a_file_that_is_gone_is_not_found(self, world):
        with pytest.raises(NotFound):
            simulation.open_file("1234567890123456")


class TestRefusals:
    def test_without_a_simulated_number_there_are_no_phones(self, app):
        with pytest.raises(NotFound, match="No number of this installation is simulated"):
            simulation.people()

    def test_a_simulator_that_is_away_is_said_in_words(self, app):
        channels.ensure_first()
        channels.install_simulator(lambda: "http://127.0.0.1:9")
        try:
            with pytest.raises(CarrierTrouble, match="does not answer"):
                simulation.people()
        finally:
            channels.install_simulator(None)
