"""Keys: shown once, scoped, expiring, revocable, limited over all processes."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from core import clock
from models import ApiKey, db, transaction
from services import keys
from services.keys.used import BURST


def test_without_a_key_nothing_is_told(app, stranger):
    answer = stranger.get("/api/v1/messages")

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("given", ["pp_wrong", "", "Basic abc", "x" * 5000, "pp_\udfff"])
def test_a_wrong_key_is_refused(app, stranger, given):
    given = given.encode("utf-8", "replace").decode()

    assert stranger.get("/api/v1/messages", headers={"Authorization": f"Bearer {given}"}).status_code == 401


def test_a_session_is_no_key(browser):
    assert browser.get("/api/v1/messages").status_code == 401


def test_the_table_holds_no_key(app, by):
    secret = keys.make_key(name="Shop", scopes=["read"], by=by).secret

    row = db.session.query(ApiKey).one()
    assert secret not in repr({column.name: getattr(row, column.name) for column in ApiKey.__table__.columns})


@pytest.mark.parametrize(("scopes", "may_read", "may_send"), [(["read"], True, False), (["send"], False, True),
                                                              (["admin"], True, True)])
def test_a_key_may_what_it_was_made_for(program_with, scopes, may_read, may_send):
    program = program_with(*scopes)

    assert (program.get("/messages").status_code != 403) is may_read
    assert (program.post("/messages", {}).status_code != 403) is may_send


def test_a_revoked_key_is_refused_and_no_other(program_with, by):
    program, other = program_with("read"), program_with("read")
    keys.revoke_key(db.session.query(ApiKey.id).order_by(ApiKey.id.desc()).limit(1).scalar(), by=by)

    assert [one.get("/messages").status_code for one in (program, other)] == [200, 401]


def test_a_key_that_is_over_is_refused(program_with):
    program = program_with("read", days=1)
    assert program.get("/messages").status_code == 200
    with transaction():
        db.session.execute(update(ApiKey).values(expires_at=clock.now() - timedelta(seconds=1)))

    assert program.get("/messages").status_code == 401


def test_calls_beyond_the_burst_wait(program):
    with transaction():
        db.session.execute(update(ApiKey).values(free_at=clock.seconds() + 3600))

    answer = program.get("/messages")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


def test_a_burst_is_let_in(program):
    assert {program.get("/conversations").status_code for _ in range(BURST // 4)} == {200}


def test_a_manager_makes_a_key_sees_it_once_and_revokes_it(browser):
    page = browser.post("/settings/keys", data={"name": "Web shop", "scope": "send", "days": "90"})
    secret = page.text.split('id="secret" value="')[1].split('"')[0]
    listed = browser.get("/settings/keys").text

    assert secret.startswith("pp_") and secret not in listed and "Web shop" in listed
    key_id = db.session.query(ApiKey.id).scalar()
    browser.post(f"/settings/keys/{key_id}/revoke")
    assert "Revoked" in browser.get("/settings/keys").text
    with browser.application.app_context():
        assert keys.holder_of(secret) is None


def test_only_managers_of_the_installation_see_keys(browser_as):
    assert browser_as("manager").get("/settings/keys").status_code == 403
