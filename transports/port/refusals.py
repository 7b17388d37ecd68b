"""The kinds of refusal: every way a call to a carrier can end without what was asked for."""

AGAIN = "It is tried again by itself."  # ends the words of what is refused for the moment only


class SendFailed(Exception):
    """Base of every way a send can end without a receipt.

    `code` is the carrier's, `words` are for people (what happened and what to do), `detail` is the carrier's own text.
    """

    def __init__(self, words: str, *, code: str = "", detail: str = "", wait_seconds: float = 0.0,
                 most_tries: int = 0) -> None:
        super().__init__(words)
        self.words = words
        self.code = code
        self.detail = detail
        self.wait_seconds = wait_seconds  # the carrier's own advice; 0: ours
        self.most_tries = most_tries  # tries after which it is given up; 0: as usual


class NeverLeft(SendFailed):
    """No byte was written (connection refused, name unknown, TLS): it may simply be tried again."""


class OutcomeUnknown(SendFailed):
    """It may have been accepted: a lost or unreadable answer. Never tried again by itself."""


class TooFast(SendFailed):
    """The number is over its rate: slow this number down and try again. Throttling is never a failure."""


class PairTooFast(SendFailed):
    """Too much to this one person: try this message again after `wait_seconds` (at least 6)."""


class TryLater(SendFailed):
    """Trouble on the carrier's side with a definite refusal: a few more tries, then give up."""


class RecipientRefused(SendFailed):
    """This message to this person is refused for good."""


class OptedOut(RecipientRefused):
    """The person stopped marketing from us at the carrier."""


class LeaveInPeace(RecipientRefused):
    """The carrier delivers no marketing to this person for a day; trying again makes it longer."""


class TemplateRefused(SendFailed):
    """The template or its parameters are wrong: several in a row stop the campaign."""


class TemplateStopped(TemplateRefused):
    """The carrier delivers this template to nobody any more: stop every campaign that uses it."""


class ChannelRefused(SendFailed):
    """The number is blocked or not registered: pause the channel."""


class AccountRefused(ChannelRefused):
    """The account or its payment is blocked: pause every number of it."""


class NotSignedIn(AccountRefused):
    """Token or permission is gone: pause every number of the account and ask for a new one."""


class RequestRefused(SendFailed):
    """Our request is wrong: no retry, tell the operator."""
