"""A transport without a network: answers from a script, remembers what it was asked."""

import json
from collections import deque
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from requests.structures import CaseInsensitiveDict

from connectwise.client import ConnectWiseClient
from connectwise.credentials import Credentials
from transport import DeliveryFailed, Reply, Secret

PUBLIC, PRIVATE, CLIENT_ID = "pubKey0", "privKey0", "0f0f0f0f-0000-4000-8000-000000000000"
INFO = {"Codebase": "v2025_1/", "CompanyName": "Northwind Sample", "IsCloud": "True"}


def reply(status=200, body=None, *, text=None, content_type=None, **headers):
    """An answer with a JSON body, or with a text that is not JSON."""
    content = json.dumps(body).encode() if text is None else text.encode()
    kind = content_type or ("application/json; charset=utf-8" if text is None else "text/html")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, CaseInsensitiveDict({"Content-Type": kind} | named), content)


@dataclass
class Asked:
    method: str
    url: str
    headers: dict
    content: bytes | None
    repeatable: bool
    options: dict

    @property
    def path(self):
        return urlsplit(self.url).path

    @property
    def query(self):
        return {name: values[0] for name, values in parse_qs(urlsplit(self.url).query).items()}

    @property
    def json(self):
        return json.loads(self.content)


class ScriptedTransport:
    def __init__(self, *script):
        self.script = deque(script)
        self.asked: list[Asked] = []
        self.info = reply(200, INFO)
        self.info_asked: list[Asked] = []

    def exchange(self, method, url, *, headers, content=None, repeatable, **options):
        asked = Asked(method, url, dict(headers), content, repeatable, options)
        if "/login/companyinfo/" in url:
            self.info_asked.append(asked)
            outcome = self.info
        else:
            self.asked.append(asked)
            outcome = self.script.popleft()
        if isinstance(outcome, DeliveryFailed):
            raise outcome
        return outcome


def client_of(transport, **options):
    defaults = {
        "site_url": "https://na.myconnectwise.net",
        "company": "nwsample",
        "credentials": Credentials(Secret(PUBLIC), Secret(PRIVATE), Secret(CLIENT_ID)),
        "api_version": "2025.1",
        "allowed_hosts": ["api-na.myconnectwise.net"],
    }
    return ConnectWiseClient(transport=transport, **(defaults | options))
