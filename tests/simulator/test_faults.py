"""Every fault by its name: what the engine makes of it, and whether the message was taken in."""

import click
import pytest
import requests

from commands import simulator as command
from simulator import faults
from simulator.faults import Faults, rule_of
from tests.simulator.conftest import NUMBER_ID, TOKEN, WAIT, control, line_to, send
from tests.source import ROOT
from transports import port
from transports.port import OutgoingMessage, Text

PERSON, OTHER = "+447911123456", "+447911123457"
PAGE = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def hello(to: str = PERSON, attempt: str = "attempt-1") -> OutgoingMessage:
    return OutgoingMessage(to, attempt, Text("Hello"))


def accepted(running) -> list[str]:
    with_ledger = running.ledger()
    try:
        return [row.recipient for row in with_ledger.accepted()]
    finally:
        with_ledger.close()


@pytest.mark.parametrize("name", [name for name in faults.WIRE if not name.startswith(("hang", "late", "redirect", "trick"))])
def test_what_is_not_a_whole_answer_is_a_doubt_or_tried_again_and_the_ledger_knows(start, name):
    running = start(faults=[f"{name}=100%"])

    [outcome] = send(line_to(running), hello())

    assert isinstance(outcome, port.OutcomeUnknown | port.TryLater)
    assert accepted(running) == [PERSON] * faults.WIRE[name][1].is_accepted


@pytest.mark.parametrize("name", ["hang", "hang-after-accepting", "trickled"])
def test_no_answer_in_time_is_a_doubt(start, name):
    running = start(faults=[f"{name}=100%"])

    [outcome] = send(line_to(running, timeout_seconds=0.3), hello())

    assert type(outcome) is port.OutcomeUnknown
    assert accepted(running) == [PERSON] * faults.WIRE[name][1].is_accepted


def test_a_late_answer_is_an_answer(start):
    running = start(faults=["late:5=100%"])  # the world is quick

    assert isinstance(send(line_to(running), hello())[0], port.Receipt)


@pytest.mark.parametrize("fault, kind, wait", [
    ("code-130429:7=100%", port.TooFast, 7), ("http-429:7=100%", port.TooFast, 7), ("code-80007=100%", port.TooFast, None),
    ("code-4=100%", port.TooFast, None), ("code-131056=100%", port.PairTooFast, None), ("http-429=100%", port.TooFast, None),
    ("code-131026=100%", port.RecipientRefused, None)])
def test_a_code_is_what_it_is_at_meta(start, fault, kind, wait):
    running = start(faults=[fault], speed=1)

    [refusal] = send(line_to(running), hello())

    assert isinstance(refusal, kind)
    assert wait is None or refusal.wait_seconds == wait
    assert accepted(running) == []


def test_a_call_may_be_closed_before_it_is_read(start):
    running = start(faults=["reset-before-reading=100%"])

    [outcome] = send(line_to(running), hello())

    assert isinstance(outcome, port.OutcomeUnknown)
    assert accepted(running) == []


def test_a_fault_may_be_meant_for_one_person_and_for_their_first_tries(start):
    running = start(faults=[f"code-131016={PERSON}*2"])

    results = send(line_to(running), hello(), hello(OTHER), hello(), hello())

    assert [isinstance(result, port.Receipt) for result in results] == [False, True, False, True]


def test_one_person_may_be_spared(start):
    running = start(faults=["code-131026=100%", f"ok={PERSON}"])

    results = send(line_to(running), hello(), hello(OTHER))

    assert [type(result) for result in results] == [port.Receipt, port.RecipientRefused]


def test_a_magic_number_may_be_spared(start):
    running = start(faults=["ok=+16135550162"])

    results = send(line_to(running), hello("+16135550162"), hello("+16135550173"))

    assert [type(result) for result in results] == [port.Receipt, port.OutcomeUnknown]


def test_a_token_may_die_after_so_many_sends(start):
    running = start(faults=["token-dies=2"])

    results = send(line_to(running), *[hello()] * 4)

    assert [type(result) for result in results] == [port.Receipt] * 2 + [port.NotSignedIn] * 2
    assert requests.get(f"{running.url}/v25.0/{NUMBER_ID}", headers=HEADERS, timeout=WAIT).status_code == 401
    control(running, "POST", "faults", {"faults": []})
    assert isinstance(send(line_to(running), hello())[0], port.Receipt)


def test_a_day_may_allow_so_many_messages(start):
    running = start(faults=["daily-limit=2"])

    results = send(line_to(running), *[hello()] * 3)

    assert [isinstance(result, port.Receipt) for result in results] == [True, True, False]
    assert results[2].code == "131048"


def test_the_same_seed_meets_the_same_faults(start, tmp_path):
    def outcomes(number, seed):
        running = start(folder=tmp_path / str(number), seed=seed, faults=["code-131026=50%"])
        return [type(result) for result in send(line_to(running), *[hello(f"+4479111234{n:02}") for n in range(30)])]

    assert outcomes(1, seed=1) == outcomes(2, seed=1) != outcomes(3, seed=2)


def test_latency_lies_between_the_two(start):
    running = start(latency=0.001, latency_most=0.002)

    assert isinstance(send(line_to(running), hello())[0], port.Receipt)


class TestNews:
    def told(self, start, mailbox, count, **chances):
        running = start(webhook_url=mailbox.url, not_on_whatsapp=0, delivered=1.0, read=0.0, **chances)
        control(running, "POST", "say", {"from": PERSON, "text": "Hi"})
        [receipt] = send(line_to(running), hello())
        return receipt.wire_id, mailbox.statuses(count)

    def test_the_echo_may_be_missing(self, start, mailbox):
        _wamid, told = self.told(start, mailbox, 2, without_echo=1.0)

        assert all("biz_opaque_callback_data" not in status for status in told)

    def test_news_may_be_of_a_message_nobody_was_given(self, start, mailbox):
        wamid, told = self.told(start, mailbox, 3, strange=1.0)

        assert sorted(status["id"] == wamid for status in told) == [False, True, True]

    def test_dropped_news_is_never_told(self, start, mailbox):
        wamid, told = self.told(start, mailbox, 1, dropped=1.0, strange=1.0)

        assert [status["id"] for status in told] != [wamid]

    def test_news_may_come_before_the_answer(self, start, mailbox):
        running = start(webhook_url=mailbox.url, news_first=1.0, not_on_whatsapp=0, delivered=1.0)
        control(running, "POST", "say", {"from": PERSON, "text": "Hi"})
        send(line_to(running), hello())

        assert mailbox.statuses(1)

    def test_a_failure_may_come_without_the_echo(self, start, mailbox):
        running = start(webhook_url=mailbox.url, not_on_whatsapp=1.0, failed_without_echo=1.0)
        control(running, "POST", "say", {"from": PERSON, "text": "Hi"})
        send(line_to(running), hello())

        [status] = mailbox.statuses(1)
        assert status["status"] == "failed" and "biz_opaque_callback_data" not in status

    def test_a_body_may_hold_one_piece_of_news_only(self, start, mailbox):
        running = start(webhook_url=mailbox.url, not_on_whatsapp=0, delivered=1.0, read=0.0, batch=1)
        control(running, "POST", "say", {"from": PERSON, "text": "Hi"})
        send(line_to(running), hello())

        found = 0
        while found < 2:
            here = len(mailbox.next_change().get("statuses", []))
            assert here <= 1
            found += here


class TestFiles:
    @pytest.mark.parametrize("fault, status, mime, longer", [
        ("media-wrong-type", 200, "text/html", 0), ("media-wrong-size", 200, "image/png", 8), ("media-slow:3", 200, "image/png", 0),
        ("media-expired", 404, "", None), ("media-redirect", 302, "", None)])
    def test_a_file_comes_down_as_the_fault_says(self, start, fault, status, mime, longer):
        running, bytes_of = start(faults=[f"{fault}=100%"]), b"\x89PNG\r\n\x1a\n" + bytes(100)
        at = f"{running.url}/v25.0"
        identity = requests.post(f"{at}/{NUMBER_ID}/media", headers=HEADERS, timeout=WAIT, files={
            "file": ("a.png", bytes_of, "image/png")}, data={"messaging_product": "whatsapp", "type": "image/png"}).json()["id"]
        url = requests.get(f"{at}/{identity}", headers=HEADERS, timeout=WAIT).json()["url"]

        answer = requests.get(url, headers=HEADERS, timeout=WAIT, allow_redirects=False)

        assert answer.status_code == status
        if longer is not None:
            assert answer.headers["Content-Type"].startswith(mime)
            assert len(answer.content) == len(bytes_of) + longer


class TestWords:
    def test_the_page_explains_every_fault(self):
        assert [name for name, words in faults.table().items() if f"| `{name}` | {words} |" not in PAGE] == []

    @pytest.mark.parametrize("text", [
        "hang", "hang=2", "hang=101%", "nothing=1%", "code-x=1%", "token-dies=1%", "hang=-1", "media-slow=+447911123456",
        "reset-before-reading=+447911123456", "hang=+447911123456*0", "", "=1%", "hang:x=1%"])
    def test_a_fault_that_does_not_exist_is_refused(self, text):
        with pytest.raises(ValueError):
            rule_of(text)

    def test_a_list_with_a_wrong_one_changes_nothing(self):
        playing = Faults(["hang=1%"])

        with pytest.raises(ValueError):
            playing.set(["empty=1%", "nothing=1%"])

        assert playing.texts == ("hang=1%",)

    def test_the_control_address_shows_and_refuses(self, start):
        running = start(faults=["hang=1%"])

        assert control(running, "GET", "faults").json() == {"faults": ["hang=1%"]}
        assert control(running, "POST", "faults", {"faults": ["nothing=1%"]}).status_code == 400
        assert control(running, "POST", "faults", {"faults": "hang=1%"}).status_code == 400

    @pytest.mark.parametrize("given, seconds", [("0", (0, 0)), ("10", (0.01, 0.01)), ("10-30", (0.01, 0.03)), ("10-30ms", (0.01, 0.03))])
    def test_the_command_reads_milliseconds(self, given, seconds):
        assert command._latency(given) == seconds

    @pytest.mark.parametrize("given", ["x", "30-10", "-1", "1.5"])
    def test_the_command_refuses_other_latencies(self, given):
        with pytest.raises(click.BadParameter):
            command._latency(given)

    def test_the_command_refuses_other_faults(self):
        with pytest.raises(click.BadParameter):
            command._faults(("nothing=1%",))
