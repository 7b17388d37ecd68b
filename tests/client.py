"""A browser without a screen: fetches pages as a person would, and checks every one of them."""

from contextlib import contextmanager
from typing import Any

from flask import session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from models import db
from tests.page_checks import check_page


class Browser(FlaskClient):
    """Flask's test client, but each request has its own context, forms carry their token, and pages are checked."""

    checks_pages = True
    sends_token = True

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Ask for one address. The test's own database session is closed meanwhile, so it sees what was written."""
        db.session.rollback()
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        db.session.rollback()
        if self.checks_pages and answer.mimetype == "text/html" and answer.status_code not in range(300, 400):
            check_page(answer.text, f"{answer.request.path} ({answer.status_code})")
        return answer

    def post(self, address: str, data: Any = None, **kwargs: Any) -> TestResponse:
        """Send a form. The CSRF token is added, as the page's own form would carry it."""
        if self.sends_token and "json" not in kwargs and (data is None or isinstance(data, dict)):
            data = {"csrf_token": self.token()} | (data or {})
        return super().post(address, data=data, **kwargs)

    def token(self) -> str:
        """A CSRF token that belongs to this browser's session."""
        with self.session() as kept:
            with self.application.app_context(), self.application.test_request_context():
                if raw := kept.get("csrf_token"):
                    session["csrf_token"] = raw
                text = generate_csrf()
                kept["csrf_token"] = session["csrf_token"]
        return text

    @contextmanager
    def without_checks(self):
        """For answers that are not our own pages."""
        before, self.checks_pages = self.checks_pages, False
        try:
            yield self
        finally:
            self.checks_pages = before

    @contextmanager
    def session(self):
        """What the cookie holds, open for changes."""
        with self.application.app_context(), self.session_transaction() as kept:
            yield kept
