"""The barest webhooks: one WSGI function, and one Flask view, that take the body and say 200. They check and keep nothing."""

from flask import Flask, request


def wsgi(environ, start_response):
    """200 once the body is read."""
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "0")])
    return []


flask = Flask("bare")


@flask.post("/webhook")
def webhook():
    """200 once the body is read."""
    request.get_data()
    return "", 200
