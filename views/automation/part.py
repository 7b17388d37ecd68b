"""The part itself: its pages hang here."""

from flask import Blueprint

pages = Blueprint("automation", __name__)
