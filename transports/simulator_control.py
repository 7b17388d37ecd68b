"""The simulator's control address, over HTTP: the only way the dashboard asks what a simulated person sees and does."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from transports.cloud_api import client
from transports.port import FileToSend, Line, OutcomeUnknown, RequestRefused, SendFailed

_CHUNK = 256 * 1024
_NO_ANSWER = "The simulator did not answer as it should."


class SimulatorControl:
    """Asked rarely, one call at a time."""

    def see(self, line: Line, path: str) -> Mapping[str, Any]:
        """What is at this control address. Raises SendFailed."""
        return client.call(line, "GET", _address(line, path), _answered)

    def act(self, line: Line, path: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """What comes of doing something there. Raises SendFailed; RequestRefused with the simulator's words."""
        return client.call(line, "POST", _address(line, path), _answered, json=dict(told))

    def hand_over(self, line: Line, file: FileToSend) -> str:
        """Give a person a file to send; its id. Raises SendFailed."""
        headers = {"Authorization": f"Bearer {line.token}", "Content-Type": file.mime}
        told = client.call(line, "POST", _address(line, "files"), _answered, data=_bytes(file), headers=headers)
        return str(told.get("id", ""))


def _address(line: Line, path: str) -> str:
    return f"{line.base_url.rstrip('/')}/_simulator/{path}" if line.base_url else ""


def _bytes(file: FileToSend) -> Iterator[bytes]:
    """The bytes of a file, piece by piece."""
    file.stream.seek(0)
    while chunk := file.stream.read(_CHUNK):
        yield chunk


def _answered(answer: requests.Response) -> Mapping[str, Any]:
    """The JSON object of an answer; a refusal is raised in the simulator's words."""
    try:
        told = json.loads(client.answered(answer))
    except (ValueError, RecursionError):
        told = None
    if answer.status_code == 200 and isinstance(told, dict):
        return told
    raise _refusal(answer.status_code, told)


def _refusal(status: int, told: object) -> SendFailed:
    """A no of the simulator, or something that is no simulator at all."""
    error = told.get("error") if isinstance(told, dict) else None
    if status == 400 and isinstance(error, str):
        return RequestRefused(error, code="simulator")
    return OutcomeUnknown(_NO_ANSWER, code=str(status))
