"""The inbox: the list, threads, what the team writes and does, ready answers."""

from views.inbox import acts, answers, threads, write
from views.inbox.part import pages

__all__ = ["acts", "answers", "pages", "threads", "write"]
