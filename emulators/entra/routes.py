"""The routes of the emulator; COVERAGE.md is made of this table."""

from dataclasses import dataclass

CONFIGURATION = "/{tenant}/v2.0/.well-known/openid-configuration"
KEYS = "/{tenant}/discovery/v2.0/keys"
INSTANCE_DISCOVERY = "/common/discovery/instance"
TOKEN = "/{tenant}/oauth2/v2.0/token"
AUTHORIZE = "/{tenant}/oauth2/v2.0/authorize"
LOGOUT = "/{tenant}/oauth2/v2.0/logout"
MANAGED_IDENTITY = "/msi/token"


@dataclass(frozen=True, slots=True)
class Route:
    """One path with the methods that it takes; `readable_by_pages` allows cross-origin requests."""

    template: str
    methods: dict[str, str]
    readable_by_pages: bool = True


ROUTES = (
    Route(CONFIGURATION, {"GET": "version 2 of the metadata"}),
    Route(KEYS, {"GET": "all published signing keys"}),
    Route(INSTANCE_DISCOVERY, {"GET": "names this host as its own cloud"}),
    Route(
        TOKEN,
        {
            "POST": "grants: password, client credentials (secret, certificate), authorization code with PKCE, refresh "
            "token, on behalf of"
        },
    ),
    Route(
        AUTHORIZE,
        {
            "GET": "page to pick a user; code only; query, fragment, form_post; prompt none, login, select_account",
            "POST": "the pick itself, a form of the emulator",
        },
        readable_by_pages=False,
    ),
    Route(LOGOUT, {"GET": "ends the session; redirects to the loopback only"}, readable_by_pages=False),
    Route(
        MANAGED_IDENTITY,
        {"GET": "App Service flavour, api-version 2019-08-01; one identity; tokens of a day"},
        readable_by_pages=False,
    ),
)
NOT_EMULATED = "device code, implicit and hybrid flows, userinfo, Graph, version 1 endpoints, conditional access"


def coverage() -> list[tuple[str, str, str]]:
    """Return (method, template, note) of every operation that the emulator answers."""
    return [(method, route.template, note) for route in ROUTES for method, note in route.methods.items()]


def find_route(path: str) -> tuple[Route, str | None] | None:
    """Return the route of a path and the tenant in it, None when the path is not emulated."""
    for route in ROUTES:
        if route.template == path:
            return route, None
    first, _, rest = path.removeprefix("/").partition("/")
    for route in ROUTES:
        if first and route.template == f"/{{tenant}}/{rest}":
            return route, first
    return None
