"""The engine against the simulator over real HTTP: each outcome is the right kind of receipt or refusal."""

import asyncio

import pytest

from tests.simulator.conftest import approve, control, greeting, line_to, send
from transports import port
from transports.cloud_api.engine import CloudEngine
from transports.port import OutgoingMessage, Text

ANYBODY = "+447911123456"


def magic(digits: int) -> str:
    return f"+1613555{100 + digits:04}"


@pytest.fixture
def world(start):
    """A simulator with an approved template."""
    running = start()
    approve(running)
    return running


def accepted(running) -> list[str]:
    return [row["attempt_id"] for row in control(running, "GET", "ledger").json()["accepted"]]


class TestAccepted:
    def test_a_template_is_taken_in(self, world):
        [receipt] = send(line_to(world), greeting(ANYBODY))

        assert receipt.wire_id.startswith("wamid.")
        assert (receipt.wa_id, receipt.held) == ("447911123456", False)

    def test_the_ledger_knows_who_and_which_attempt(self, world):
        [receipt] = send(line_to(world), greeting(ANYBODY, "attempt-7"))

        [row] = control(world, "GET", "ledger").json()["accepted"]
        assert (row["recipient"], row["attempt_id"], row["wamid"]) == (ANYBODY, "attempt-7", receipt.wire_id)

    def test_a_held_template_says_so(self, world):
        assert send(line_to(world), greeting(magic(12)))[0].held

    def test_the_carrier_may_know_the_person_by_another_number(self, world):
        assert send(line_to(world), greeting(magic(16)))[0].wa_id != magic(16)[1:]

    def test_a_positional_template_is_taken_in(self, world):
        approve(world, "counted", body="Hello {{1}}, come in.", samples=(("1", "Ana"),), is_named=False)

        [receipt] = send(line_to(world), greeting(ANYBODY, name="counted", gap=""))

        assert receipt.wire_id

    def test_free_text_is_taken_in(self, world):
        assert send(line_to(world), OutgoingMessage(ANYBODY, "attempt-1", Text("Hello 🚲")))[0].wire_id

    def test_many_in_flight_are_each_taken_in_once(self, world):
        async def burst():
            engine, line = CloudEngine(), line_to(world)
            sends = (engine.send(line, greeting(f"+4479111{n:05}", f"attempt-{n}")) for n in range(300))
            receipts = await asyncio.gather(*sends)
            await engine.close()
            return receipts

        receipts = asyncio.run(burst())

        assert len({receipt.wire_id for receipt in receipts}) == 300
        assert sorted(accepted(world)) == sorted(f"attempt-{n}" for n in range(300))


class TestRefused:
    @pytest.mark.parametrize("digits, kind, code", [
        (40, port.PairTooFast, "131056"), (41, port.TooFast, "130429"), (42, port.TooFast, "130429"),
        (43, port.TooFast, "429"), (44, port.TooFast, "4"), (45, port.TooFast, "80007"), (46, port.TryLater, "131016"),
        (47, port.TryLater, "131000"), (48, port.NotSignedIn, "190"), (49, port.NotSignedIn, "200"),
        (50, port.ChannelRefused, "368"), (51, port.ChannelRefused, "131031"), (52, port.TemplateRefused, "132015"),
        (53, port.TemplateRefused, "132016"), (54, port.RecipientRefused, "131026"),
        (55, port.RecipientRefused, "131030"), (56, port.ChannelRefused, "133010"), (57, port.RequestRefused, "100"),
        (58, port.RequestRefused, "131009"), (59, port.RecipientRefused, "999999"),
    ])
    def test_a_refusal_is_of_its_kind_and_nothing_was_taken_in(self, world, digits, kind, code):
        [refusal] = send(line_to(world), greeting(magic(digits)))

        assert isinstance(refusal, kind) and refusal.code == code
        assert accepted(world) == []

    @pytest.mark.parametrize("digits, refused", [(40, 1), (41, 1), (42, 1), (43, 1), (44, 1), (45, 1), (46, 2)])
    def test_what_is_refused_for_now_is_taken_in_later(self, world, digits, refused):
        message = greeting(magic(digits))

        results = send(line_to(world), *[message] * (refused + 1))

        assert [isinstance(result, port.Receipt) for result in results] == [False] * refused + [True]

    def test_the_advice_of_retry_after_is_passed_on(self, start):
        running = start(speed=1)
        running.set_faults("code-130429:3=100%")

        [refusal] = send(line_to(running), OutgoingMessage(ANYBODY, "attempt-1", Text("Hello")))

        assert (type(refusal), refusal.wait_seconds) == (port.TooFast, 3)

    def test_a_pair_waits_at_least_six_seconds(self, world):
        assert send(line_to(world), greeting(magic(40)))[0].wait_seconds >= 6

    def test_a_wrong_token_is_not_signed_in(self, world):
        [refusal] = send(line_to(world, token="another"), greeting(ANYBODY))

        assert type(refusal) is port.NotSignedIn

    def test_no_token_is_not_signed_in(self, world):
        assert type(send(line_to(world, token=""), greeting(ANYBODY))[0]) is port.NotSignedIn

    def test_a_number_that_is_not_ours_pauses_the_channel(self, world):
        [refusal] = send(line_to(world, phone_number_id="999"), greeting(ANYBODY))

        assert (type(refusal), refusal.code) == (port.ChannelRefused, "100")


class TestDoubt:
    @pytest.mark.parametrize("digits, is_accepted", [
        (60, True), (61, True), (62, False), (65, True), (66, True), (67, True), (68, True), (69, True), (71, True),
        (72, True), (73, False), (76, True), (77, False), (79, True), (88, False)])
    def test_a_lost_or_unreadable_answer_is_unknown_and_never_repeated(self, world, digits, is_accepted):
        [outcome] = send(line_to(world), greeting(magic(digits)))

        assert type(outcome) is port.OutcomeUnknown
        assert accepted(world) == ["attempt-1"] * is_accepted

    @pytest.mark.parametrize("digits, is_accepted", [(63, True), (64, False), (70, True)])
    def test_an_answer_that_does_not_come_in_time_is_unknown(self, world, digits, is_accepted):
        [outcome] = send(line_to(world, timeout_seconds=0.3), greeting(magic(digits)))

        assert (type(outcome), outcome.code) == (port.OutcomeUnknown, "timeout")
        assert accepted(world) == ["attempt-1"] * is_accepted

    def test_after_a_lost_answer_the_next_message_goes_out(self, world):
        lost, fine = send(line_to(world), greeting(magic(60)), greeting(ANYBODY, "attempt-2"))

        assert isinstance(lost, port.OutcomeUnknown) and isinstance(fine, port.Receipt)

    def test_a_redirect_is_not_followed(self, world):
        [refusal] = send(line_to(world), greeting(magic(74)))

        assert (type(refusal), refusal.code) == (port.RequestRefused, "307")
        assert accepted(world) == []


class TestFaults:
    def test_a_lost_share_is_taken_in_all_the_same(self, start):
        running = start(faults=["reset-after-accepting=100%"])

        [outcome] = send(line_to(running), OutgoingMessage(ANYBODY, "attempt-1", Text("Hello")))

        assert type(outcome) is port.OutcomeUnknown
        assert accepted(running) == ["attempt-1"]

    def test_faults_can_be_changed_while_it_runs(self, start):
        running = start(faults=["reset-after-accepting=100%"])

        control(running, "POST", "faults", {"faults": []})

        assert send(line_to(running), OutgoingMessage(ANYBODY, "attempt-1", Text("Hello")))[0].wire_id

    def test_another_try_draws_again(self, start):
        running = start(faults=["code-131016=50%"])

        results = send(line_to(running), *[OutgoingMessage(ANYBODY, "attempt-1", Text("Hello"))] * 20)

        assert {type(result) for result in results} == {port.TryLater, port.Receipt}


class TestLimits:
    def test_more_than_the_rate_is_throttled(self, start):
        running = start(rate=0.01)

        results = send(line_to(running), *[OutgoingMessage(f"+44791112345{n}", "a", Text("Hello")) for n in range(2)])

        assert [type(result) for result in results] == [port.Receipt, port.TooFast]

    def test_a_burst_to_one_person_is_a_pair_too_fast(self, start):
        running = start(pair_burst=3)

        results = send(line_to(running), *[OutgoingMessage(ANYBODY, "a", Text("Hello"))] * 4)

        assert [type(result) for result in results] == [port.Receipt] * 3 + [port.PairTooFast]
