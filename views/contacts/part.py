"""The part of the web that belongs to people."""

from flask import Blueprint

pages = Blueprint("contacts", __name__)
