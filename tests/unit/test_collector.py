"""The collector of cycles rests while rows are worked on, and only then."""

import gc
from threading import Event, Thread

import pytest

from core.collector import held_back


def test_it_rests_inside_the_block_and_works_again_behind_it():
    with held_back():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_again_after_an_error():
    with pytest.raises(ValueError, match="no"), held_back():
        raise ValueError("no")
    assert gc.isenabled()


def test_it_rests_until_the_last_of_overlapping_blocks_ends():
    inside, leave = Event(), Event()

    def other():
        with held_back():
            inside.set()
            leave.wait(10)

    thread = Thread(target=other)
    with held_back():
        thread.start()
        assert inside.wait(10)
    still_held = not gc.isenabled()
    leave.set()
    thread.join(10)
    assert still_held
    assert gc.isenabled()


def test_who_had_switched_it_off_finds_it_off():
    gc.disable()
    try:
        with held_back():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
