"""An HTTP answer that is not a receipt, as a kind of SendFailed: definite only when Meta itself says so."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from core import clock
from transports.cloud_api.codes import is_known, meaning_of
from transports.port import OutcomeUnknown, PairTooFast, RequestRefused, SendFailed, TooFast

LONGEST_WAIT = 3600.0
PAIR_WAIT = 6.0
LOST = "Meta's answer was lost or could not be read, so it may or may not have been sent."
_OF_TEMPLATES = ("2388", "2593")  # subcodes that say more than their code


def failure(status: int, payload: object, headers: Mapping[str, str]) -> SendFailed:
    """The refusal behind an answer with this HTTP status, parsed JSON (or None) and headers."""
    error = payload.get("error") if isinstance(payload, dict) else None
    wait = wait_seconds(headers)
    if 300 <= status < 400:
        return RequestRefused("The address of the Graph API sends us elsewhere. Check GRAPH_API_URL.", code=str(status))
    if status >= 400 and isinstance(error, dict) and (status < 500 or is_known(error.get("code", ""))):
        return _refusal(status, error, wait)
    if status == 429:
        return TooFast("Meta asks us to slow down. We try again by ourselves.", code="429", wait_seconds=wait or 1.0)
    return OutcomeUnknown(LOST, code=str(status), detail=f"HTTP {status} without an answer from Meta")


def wait_seconds(headers: Mapping[str, str]) -> float:
    """What Retry-After asks for, in seconds (an hour at most); 0 when it says nothing we can read."""
    text = str(headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - clock.now()).total_seconds(), 0.0), LONGEST_WAIT)


def detail_of(error: Mapping[str, Any]) -> str:
    """The carrier's own text: the most telling one it gave, 500 characters at most."""
    data = error.get("error_data")
    data = data.get("details") if isinstance(data, dict) else data
    for text in (data, error.get("details"), error.get("error_user_msg"), error.get("message"), error.get("title")):
        if isinstance(text, str) and text.strip():
            return text.strip()[:500]
    return ""


def _refusal(status: int, error: Mapping[str, Any], wait: float) -> SendFailed:
    """A definite no from Meta."""
    code = error.get("code", "")
    found = meaning_of(code, error.get("error_subcode", ""))
    kind = found.kind
    if status == 429 and not is_known(code):
        kind = TooFast
    wait = wait or found.wait_seconds
    if kind is PairTooFast:
        wait = max(wait, PAIR_WAIT)
    part = str(error.get("error_subcode", ""))
    code = part if part.startswith(_OF_TEMPLATES) else code  # 100 alone says nothing
    shown = str(code)[:20] if isinstance(code, int | str) else ""
    return kind(found.words, code=shown, detail=detail_of(error), wait_seconds=wait,
                most_tries=found.most_tries)
