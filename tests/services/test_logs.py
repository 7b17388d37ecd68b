"""What reaches a log: acts without people, errors without what they wrote."""

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models import db
from services import activity

CANARY = "Canary Wharfington"


def test_an_error_of_the_database_does_not_quote_what_somebody_wrote(app):
    with pytest.raises(SQLAlchemyError) as raised:
        db.session.execute(text("INSERT INTO contacts (nowhere) VALUES (:name)"), {"name": CANARY})
    db.session.rollback()

    assert CANARY not in str(raised.value)


def test_every_act_is_a_line_without_names(app, by, caplog):
    with caplog.at_level(logging.INFO, logger="app"):
        activity.record("contact.added", by=by, subject_kind="contact", subject_id=7, subject_name=CANARY)

    assert "contact.added contact 7 by user" in caplog.text
    assert CANARY not in caplog.text
