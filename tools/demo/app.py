"""The HTTP API of PSA Sync, called as one person."""

from collections.abc import Iterator
from typing import Any

import requests

ADMIN = "admin@contoso.example"
CLERK = "billing@contoso.example"
TIMEOUT_SECONDS = 120
_PASSWORD = "emulator"
_PAGE = 200
_ITEMS_PAGE = 1000

Row = dict[str, Any]


class App:
    """The API with the token of a person; every refusal ends the demo with the API's own sentence."""

    def __init__(self, stack: dict[str, Any], person: str) -> None:
        self._api = f"{stack['functions'][0]}/api"
        self.connector_id: str = stack["connector_id"]
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {_token(stack, person)}"

    def get(self, path: str, **query: Any) -> Row:
        """Return what a GET answers."""
        return self._call("GET", path, params=query)

    def send(self, method: str, path: str, body: Row | None = None) -> Row:
        """Return what a POST or PATCH answers."""
        return self._call(method, path, json=body)

    def pages(self, path: str, *, limit: int = _PAGE, **query: Any) -> Iterator[Row]:
        """Yield all items of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, limit=limit, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]

    def items(self, job_id: str) -> Iterator[Row]:
        """Yield the items of a job."""
        return self.pages(f"jobs/{job_id}/items", limit=_ITEMS_PAGE)

    def _call(self, method: str, path: str, **options: Any) -> Row:
        answer = self._session.request(method, f"{self._api}/{path}", timeout=TIMEOUT_SECONDS, **options)
        if answer.status_code >= 400:
            raise SystemExit(f"{method} {path} was refused with {answer.status_code}: {_sentence(answer)}")
        document: Row = answer.json()
        return document


def _sentence(answer: requests.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:500]
    faults = [f"{fault['path']}: {fault['message']}" for fault in problem.get("errors") or ()]
    return " ".join([str(problem.get("detail", problem)), *faults])


def _token(stack: dict[str, Any], person: str) -> str:
    answer = requests.post(
        f"{stack['entra']}/{stack['tenant_id']}/oauth2/v2.0/token",
        data={
            "grant_type": "password",
            "client_id": stack["api_client_id"],
            "username": person,
            "password": _PASSWORD,
            "scope": stack["api_scope"],
        },
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])
