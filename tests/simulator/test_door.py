"""The simulator as a process of its own, and its command."""

import os
import signal
import socket
import threading

import pytest
import requests

from commands import simulator
from simulator import door
from simulator.world import World
from tests.simulator.conftest import BUSINESS_ID, NUMBER_ID, SECRET, TOKEN, WAIT


def test_a_signal_stops_it_in_good_order(tmp_path):
    """It answers, and SIGTERM ends `serve` instead of the process."""
    answers: list[int] = []

    def ask_and_stop(url: str) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answers.append(requests.get(f"{url}/v25.0/{NUMBER_ID}", headers=headers, timeout=WAIT).status_code)
        os.kill(os.getpid(), signal.SIGTERM)

    world = World(tmp_path, SECRET, TOKEN, NUMBER_ID, BUSINESS_ID)
    door.serve(world, port=0, on_open=lambda url: threading.Thread(target=ask_and_stop, args=(url,)).start())

    assert answers == [200]


def test_a_thread_stops_when_asked_and_answers_nobody_any_more(start):
    running = start()

    running.stop()

    with pytest.raises(requests.ConnectionError):
        requests.get(running.url, timeout=WAIT)


def test_a_port_that_is_taken_is_said_at_the_start(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(OSError, match="address already in use"):
            start(port=taken.getsockname()[1])


def test_a_chance_there_is_not_is_refused_at_the_start(start):
    with pytest.raises(TypeError):
        start(luck=1.0)


@pytest.mark.parametrize("words, sentence", [
    (["--port", "99999"], "--port"), (["--speed", "0"], "--speed"), (["--latency", "-1"], "--latency"),
    (["--chance", "luck=1"], "choose one of"), (["--chance", "read"], "NAME=SHARE"),
    (["--chance", "read=x"], "NAME=SHARE"), (["--chance", "read=-1"], "from 0 to 1"), (["--seed", "x"], "--seed")])
def test_a_wrong_option_is_refused_in_words(app, words, sentence):
    answer = app.test_cli_runner().invoke(simulator.command, words)

    assert answer.exit_code == 2 and sentence in answer.output


def test_a_taken_port_is_said_in_words(app, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        answer = app.test_cli_runner().invoke(
            simulator.command, ["--port", str(taken.getsockname()[1]), "--folder", str(tmp_path)])

    assert answer.exit_code == 1 and "cannot be opened" in answer.output
