"""The customer of a story: acts through the simulator's control address, as the simulated phone does."""

import json
from types import TracebackType
from typing import Any, Self

import requests

from simulator import door
from tests.live import Live, wait_until

_LINE = ("import json; from app import create_app; app = create_app()\n"
         "with app.app_context():\n"
         "    from services import channels; line = channels.line_of(channels.ensure_first())\n"
         "    print(json.dumps({'secret': line.app_secret, 'token': line.token, 'verify_token': line.verify_token,\n"
         "                      'phone_number_id': line.phone_number_id, 'business_id': line.business_id}))")


class Customer:
    """Somebody with a phone. `with Customer(live, "+234…") as ada:`; a second door to the world of that dashboard."""

    def __init__(self, live: Live, number: str, name: str) -> None:
        self.number, self.name = number, name
        self._line: dict[str, str] = json.loads(live.run(_LINE).stdout.strip().splitlines()[-1])
        self._door = door.start(live.folder / "instance", webhook_url=f"{live.address}/webhook", speed=50, **self._line)

    def __enter__(self) -> Self:
        self._ask("POST", "people", {"number": self.number, "name": self.name})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._door.stop()

    def says(self, kind: str = "text", **what: Any) -> str:
        """Do something; the id of the message."""
        return str(self._ask("POST", "say", {"from": self.number, "type": kind, **what})["id"])

    def sends(self, what: str, kind: str = "image", **more: Any) -> str:
        """Send something that is drawn on the spot: a picture, `voice`, `document` or `sticker`."""
        return self.says(kind, file=self._ask("POST", "drawn", {"what": what})["id"], **more)

    def got(self, words: str) -> str:
        """Wait until these words stand on the phone; the id of their message."""
        found: list[str] = []

        def is_there() -> bool:
            lines = self._ask("GET", f"phone/{self.number}")["talk"]
            found[:] = [str(line.get("wamid") or line.get("id")) for line in lines if words in json.dumps(line, ensure_ascii=False)]
            return bool(found)

        wait_until(is_there, f"“{words}” never reached the phone")
        return found[-1]

    def _ask(self, method: str, path: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = requests.request(method, f"{self._door.url}/_simulator/{path}", json=told, timeout=20,
                                  headers={"Authorization": f"Bearer {self._line['token']}"})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
