"""Alive and ready."""

from services import health


def test_alive_says_so(app):
    assert app.test_client().get("/healthz").json == {"status": "ok"}


def test_not_ready_while_nobody_works_in_the_background(app):
    answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert not answer.json["parts"]["sender"]["ok"]


def test_ready_once_every_part_was_seen(app):
    for part in health.PARTS:
        health.beat(part)

    answer = app.test_client().get("/readyz")

    assert answer.status_code == 200
    assert {"database", "scheduler", "sender", "webhook"} == set(answer.json["parts"])
