"""HTTP for what is called rarely: templates, the number, the token, files."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from transports.cloud_api.failures import LOST, failure
from transports.port import ChannelRefused, Line, NeverLeft, OutcomeUnknown

LARGEST_ANSWER = 3_000_000
# only what failed before a byte was written is tried again
_RETRIES = Retry(total=2, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.2, raise_on_redirect=False)
_ID = re.compile(r"[A-Za-z0-9_]{1,64}")
Got = TypeVar("Got")


def get(line: Line, path: str, **query: str) -> dict[str, Any]:
    """The JSON object at `path` below the Graph version. Raises a kind of SendFailed."""
    return call(line, "GET", address(line, path), _object, params=query)


def post(line: Line, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object answered to `body`. Raises a kind of SendFailed; OutcomeUnknown when it may have been done."""
    return call(line, "POST", address(line, path), _object, json=body)


def delete(line: Line, path: str, **query: str) -> dict[str, Any]:
    """The JSON object answered to a deletion. Raises as `post`."""
    return call(line, "DELETE", address(line, path), _object, params=query)


def hand_over(line: Line, path: str, data: Iterable[bytes] | None, headers: Mapping[str, str],
              **query: str) -> dict[str, Any]:
    """The JSON object answered to bytes. Raises as `post`."""
    return call(line, "POST", address(line, path), _object, params=query, data=data, headers=_headers(line) | dict(headers))


def address(line: Line, path: str) -> str:
    """The address of a path below the Graph version."""
    return f"{line.base_url.rstrip('/')}/{line.version}/{path}" if line.base_url else ""


def owned(identity: str, what: str) -> str:
    """An id that may stand in an address. Raises ChannelRefused naming `what` when it is missing or odd."""
    if _ID.fullmatch(identity):
        return identity
    raise ChannelRefused(f"{what} is missing or is not an id. Copy it from Meta's WhatsApp setup page.", code="id")


def call(line: Line, method: str, url: str, read: Callable[[requests.Response], Got], **more: Any) -> Got:
    """What `read` makes of the answer. A session of its own: no proxies from the environment, no redirects.

    The token goes along, so `url` must be the carrier's. Raises a kind of SendFailed.
    """
    if not url:
        raise NeverLeft("The simulator is not running yet.", code="unreachable")
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", HTTPAdapter(max_retries=_RETRIES))
            session.mount("https://", HTTPAdapter(max_retries=_RETRIES))
            wanted = {"headers": _headers(line), "timeout": _timeouts(line)} | more
            with session.request(method, url, allow_redirects=False, stream=True, **wanted) as answer:
                return read(answer)
    except (requests.ConnectTimeout, requests.ConnectionError) as error:
        raise _unreached(error) from None
    except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema,
            requests.exceptions.InvalidHeader, UnicodeError) as error:
        raise ChannelRefused("GRAPH_API_URL or the access token is not written as it must be.", code="address",
                             detail=type(error).__name__) from None
    except requests.RequestException as error:
        raise OutcomeUnknown(LOST, code="lost", detail=type(error).__name__) from None


def answered(answer: requests.Response) -> bytes:
    """The whole body of an answer. Raises OutcomeUnknown when it is larger than any of Meta's."""
    raw = b""
    for part in answer.iter_content(65_536):
        raw += part
        if len(raw) > LARGEST_ANSWER:
            raise OutcomeUnknown(LOST, code=str(answer.status_code), detail="The answer was too large to be Meta's")
    return raw


def refused(answer: requests.Response) -> Exception:
    """What an answer that is not the wanted one means: a kind of SendFailed."""
    return failure(answer.status_code, _json(answered(answer)), answer.headers)


def _headers(line: Line) -> dict[str, str]:
    return {"Authorization": f"Bearer {line.token}", "Accept": "application/json", "Accept-Encoding": "identity",
            "User-Agent": "Pigeonpost"}


def _timeouts(line: Line) -> tuple[float, float]:
    """Seconds to reach the carrier, and seconds of silence until its answer counts as lost."""
    return min(10.0, line.timeout_seconds), line.timeout_seconds


def _object(answer: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer with status 200; any other answer is raised."""
    data = _json(answered(answer))
    if answer.status_code == 200 and isinstance(data, dict) and "error" not in data:
        return data
    raise failure(answer.status_code, data, answer.headers)


def _json(raw: bytes) -> Any:
    """What a body says, None when it is no JSON."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _unreached(error: requests.RequestException) -> NeverLeft | OutcomeUnknown:
    """Whether the connection was never made, or broke after the request was written."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    refused = isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError)
    if refused or type(reason).__name__ in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError"):
        return NeverLeft("The carrier could not be reached.", code="unreachable", detail=type(reason or error).__name__)
    return OutcomeUnknown(LOST, code="lost", detail=type(error).__name__)
