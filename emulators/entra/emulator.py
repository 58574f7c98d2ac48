"""The Entra emulator: its routes, its store, its control routes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from emulators.control_plane import Clock, FaultAnswer, Journal, RequestFacts, wire
from emulators.control_plane.emulated import Receive, Scope, Send
from emulators.control_plane.exchange import send_answer
from emulators.entra import routes
from emulators.entra.directory import TENANT_ID, Application, Directory, User, parse_seed
from emulators.entra.errors import EntraError
from emulators.entra.grants import TokenEndpoint
from emulators.entra.managed_identity import ManagedIdentityEndpoint
from emulators.entra.metadata import instance_discovery, openid_configuration
from emulators.entra.ordered_tokens import OrderedTokens
from emulators.entra.sessions import Sessions
from emulators.entra.sign_in import COOKIE, SignInPage, error_page
from emulators.entra.signing import SigningKeys
from emulators.entra.tokens import TokenIssuer

_JSON = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}
_UNAVAILABLE = b"<html><head><title>Service unavailable</title></head><body>Services aren't available.</body></html>"
_SEEDED = ("users", "applications")
_COMMON = ("common", "organizations")


class Entra:
    """One tenant."""

    name = "entra"

    def __init__(self, *, base: str, tenant_id: str, journal: Journal) -> None:
        self.clock = Clock()
        self._journal = journal
        self._directory = Directory()
        self._restore()
        self._sessions = Sessions()
        keys = SigningKeys(journal)
        self._issuer = TokenIssuer(base, tenant_id, keys, self.clock)
        self._tokens = TokenEndpoint(self._directory, self._sessions, self._issuer)
        self._sign_in = SignInPage(self._directory, self._sessions, self._issuer)
        self._identity = ManagedIdentityEndpoint(self._directory, self._issuer)
        self._ordered = OrderedTokens(self._directory, self._issuer)
        self._answers: dict[str, Callable[[RequestFacts, bytes], FaultAnswer]] = {
            routes.CONFIGURATION: self._configuration,
            routes.KEYS: lambda _facts, _body: _json(self._issuer.keys.published()),
            routes.INSTANCE_DISCOVERY: self._instance_discovery,
            routes.TOKEN: self._token,
            routes.AUTHORIZE: self._authorize,
            routes.LOGOUT: lambda facts, _body: self._sign_in.sign_out(_pairs(facts.query)),
            routes.MANAGED_IDENTITY: lambda facts, _body: self._identity.answer(_pairs(facts.query), facts.headers),
        }

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = (await receive())["body"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        facts = RequestFacts(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers)
        answer = self._answer(facts, body)
        await send_answer(send, answer.status, answer.headers, answer.body)

    def reset(self) -> None:
        """Go back to the built-in users and applications and end all sessions; keys stay."""
        self._directory.reset()
        self._sessions.clear()
        for name in _SEEDED:
            self._journal.clear(name)

    def seed(self, document: Mapping[str, Any]) -> dict[str, int]:
        """Add users and applications, in place of those with the same id; raises SeedError."""
        users, applications = parse_seed(document)
        self._directory.users |= {user.id: user for user in users}
        self._directory.applications |= {application.appId: application for application in applications}
        rows = [("users", user.id, json.dumps(asdict(user))) for user in users]
        rows += [("applications", found.appId, json.dumps(asdict(found))) for found in applications]
        self._journal.put_many(rows)
        return {"users": len(users), "applications": len(applications)}

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002  # everything fits into one page
        """Return the tenant with all users and applications."""
        issuer = self._issuer
        return {"tenant_id": issuer.tenant_id, "issuer": issuer.issuer, **self._directory.document()}

    def route_template(self, method: str, path: str) -> str:  # noqa: ARG002  # all methods share their templates
        """Return the path with its tenant as `{tenant}`."""
        found = routes.find_route(path)
        return found[0].template if found else path

    def operations(self, facts: RequestFacts, body: bytes) -> int:  # noqa: ARG002  # nothing comes in batches
        """Return 1."""
        return 1

    def fault_answer(self, kind: str, status: int, retry_after: float | None, facts: RequestFacts) -> FaultAnswer:  # noqa: ARG002  # one body for all routes
        """Return the answer of an Entra ID that is not well."""
        headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
        if kind == "html":
            return FaultAnswer(status, {"content-type": "text/html", **headers}, _UNAVAILABLE)
        code, text = (
            (90024, "Too many requests.") if kind == "rate_limit" else (90033, "A transient error has occurred.")
        )
        error = EntraError("temporarily_unavailable", code, f"{text} Please try again.", status=status)
        body = json.dumps(error.document(self.clock.now())).encode()
        return FaultAnswer(status, {**_JSON, **headers}, body)

    def extra_control(self, method: str, path: str, body: bytes) -> FaultAnswer | None:
        """Answer `POST keys/rotate` and `POST tokens`."""
        try:
            if (method, path) == ("POST", "keys/rotate"):
                keep_old = wire.parse_object(body).get("keep_old", True)
                return _json({"kid": self._issuer.keys.rotate(keep_old=bool(keep_old))})
            if (method, path) == ("POST", "tokens"):
                return _json({"access_token": self._ordered.make(wire.parse_object(body))})
        except wire.BadInput as error:
            return FaultAnswer(400, dict(_JSON), wire.dump({"error": str(error)}))
        return None

    def _restore(self) -> None:
        for collection, key, text in self._journal.load():
            if collection == "users":
                self._directory.users[key] = User.parse(json.loads(text), "users")
            elif collection == "applications":
                self._directory.applications[key] = Application.parse(json.loads(text), "applications")

    def _answer(self, facts: RequestFacts, body: bytes) -> FaultAnswer:
        found = routes.find_route(facts.path)
        if found is None:
            text = f"not emulated: {facts.method} {facts.path}"
            return FaultAnswer(501, dict(_JSON), json.dumps({"error": text}).encode())
        route, tenant = found
        cross_origin = {"access-control-allow-origin": "*"} if route.readable_by_pages else {}
        if facts.method == "OPTIONS" and route.readable_by_pages:
            return FaultAnswer(204, {**cross_origin, **_preflight(facts.headers)}, b"")
        if facts.method not in route.methods:
            return FaultAnswer(405, {"allow": ", ".join(route.methods)}, b"")
        try:
            self._check_tenant(tenant)
            answer = self._answers[route.template](facts, body)
        except EntraError as error:
            if route.template == routes.AUTHORIZE:
                return error_page(error)
            answer = FaultAnswer(error.status, dict(_JSON), json.dumps(error.document(self.clock.now())).encode())
        return FaultAnswer(answer.status, {**answer.headers, **cross_origin}, answer.body)

    def _check_tenant(self, tenant: str | None) -> None:
        if tenant is not None and tenant.lower() not in (self._issuer.tenant_id, *_COMMON):
            raise EntraError("invalid_tenant", 90002, f"Tenant '{tenant}' not found.")

    def _configuration(self, _facts: RequestFacts, _body: bytes) -> FaultAnswer:
        return _json(openid_configuration(self._issuer.base, self._issuer.tenant_id, self._issuer.issuer))

    def _instance_discovery(self, _facts: RequestFacts, _body: bytes) -> FaultAnswer:
        return _json(instance_discovery(self._issuer.base, self._issuer.tenant_id))

    def _token(self, facts: RequestFacts, body: bytes) -> FaultAnswer:
        form = _pairs(body.decode("utf-8", "replace"))
        return _json(self._tokens.answer(form, facts.headers.get("authorization", "")))

    def _authorize(self, facts: RequestFacts, body: bytes) -> FaultAnswer:
        if facts.method == "POST":
            form = _pairs(body.decode("utf-8", "replace"))
            return self._sign_in.pick({**_pairs(facts.query), **form}, form.get("picked", ""))
        cookie = SimpleCookie(facts.headers.get("cookie", "")).get(COOKIE)
        return self._sign_in.show(_pairs(facts.query), cookie.value if cookie else None)


def build(options: Mapping[str, Any]) -> Entra:
    """Return the emulator for `public_url`, `tenant_id`, `data` (a folder) and `seed` (added to what is built in)."""
    data: Path | None = options.get("data")
    entra = Entra(
        base=options["public_url"],
        tenant_id=options.get("tenant_id") or TENANT_ID,
        journal=Journal(data / "entra.sqlite3" if data else None),
    )
    if options.get("seed"):
        entra.seed(options["seed"])
    return entra


def _pairs(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))


def _json(document: Mapping[str, Any]) -> FaultAnswer:
    return FaultAnswer(200, dict(_JSON), json.dumps(document).encode())


def _preflight(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": headers.get("access-control-request-headers", "*"),
        "access-control-max-age": "600",
    }
