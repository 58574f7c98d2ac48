"""Where a tenant's API lives: the address that a person entered, and the codebase that ConnectWise tells."""

import re
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from connectwise.endpoints import company_info
from connectwise.errors import RouteInvalid
from connectwise.refusals import Refusals
from transport import DeliveryFailed, Reply, Transport
from transport.decimal_json import NotJson, loads

REREAD_PAUSE = 60.0
"""Seconds in which the codebase is not read a second time, so that many failing paths do not double the requests."""

_CLOUD_REGION = re.compile(r"(?:api-)?((?:na|eu|au|aus|za)\.myconnectwise\.net)")
_CODEBASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Site:
    """The two origins of an installation: screens and companyinfo, and the API (on cloud with the prefix `api-`)."""

    screens: str
    api: str


@dataclass(frozen=True, slots=True)
class Route:
    """The root of a tenant's API, `https://host/codebase/apis/3.0`, and what companyinfo tells about the tenant.

    `company_name` and `version` (such as `v2025.1`) are empty where it tells nothing; they make no other route.
    """

    api_root: str
    company_name: str = field(default="", compare=False)
    version: str = field(default="", compare=False)


def site_of(site_url: str, allowed_hosts: Collection[str]) -> Site:
    """Return the origins of `https://na.myconnectwise.net`, with or without `https://` and `api-`.

    Raises RouteInvalid unless the host is one of `allowed_hosts` (with or without `api-` for the cloud regions) and
    the scheme is https; http is taken for loopback only.
    """
    try:
        parts = urlsplit(site_url.strip() if "://" in site_url else f"https://{site_url.strip()}")
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise _invalid("The ConnectWise address is not a web address.") from None
    if not host or parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username is not None:
        raise _invalid("The ConnectWise address must be a host name only, such as https://na.myconnectwise.net.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise _invalid("The ConnectWise address must start with https://.")
    region = _CLOUD_REGION.fullmatch(host)
    screens, api = (region[1], f"api-{region[1]}") if region else (host, host)
    allowed = {name.strip().lower() for name in allowed_hosts}
    if not allowed & {host, screens, api}:
        raise _invalid(f"The host {host} is not among the ConnectWise hosts that this app may call.")
    return Site(_origin(parts.scheme, screens, port), _origin(parts.scheme, api, port))


class Routes:
    """The tenant's route, read from companyinfo once and again when a path stops working."""

    def __init__(
        self,
        *,
        site: Callable[[], Site],
        company: str,
        transport: Transport,
        refusals: Refusals,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._site = site
        self._company = company
        self._transport = transport
        self._refusals = refusals
        self._clock = clock
        self._lock = threading.Lock()
        self._route: Route | None = None
        self._read_at = 0.0

    def current(self) -> Route:
        """Return the route; raises the errors of a read, and RouteInvalid when the company is not known."""
        with self._lock:
            if self._route is None:
                self._read()
            assert self._route is not None  # noqa: S101 - for the type checker
            return self._route

    def reread(self, doubted: Route) -> Route:
        """Return the route as it is now, after a path of `doubted` stopped working (a hosting upgrade moves it)."""
        with self._lock:
            if self._route == doubted and self._clock() - self._read_at >= REREAD_PAUSE:
                self._read()
            return self._route or doubted

    def _read(self) -> None:
        site = self._site()
        path = company_info(quote(self._company, safe=""))
        try:
            # No credentials: companyinfo needs none.
            reply = self._transport.exchange(
                "GET", site.screens + path, headers={"Accept": "application/json"}, repeatable=True
            )
        except DeliveryFailed as failure:
            raise self._refusals.from_failure("GET", path, failure) from failure
        self._route = self._route_on(site, path, reply)
        self._read_at = self._clock()

    def _route_on(self, site: Site, path: str, reply: Reply) -> Route:
        if reply.status == 404:
            raise _invalid("There is no ConnectWise site at this address.", path)
        if reply.status != 200:
            raise self._refusals.from_reply("GET", path, reply)
        try:
            information = loads(reply.content)
        except NotJson as not_json:
            raise self._refusals.not_understood("GET", path, reply, str(not_json)) from None
        if information is None:
            raise _invalid("ConnectWise does not know this login company.", path)
        codebase = information.get("Codebase") if isinstance(information, dict) else None
        if not isinstance(codebase, str) or not _CODEBASE.fullmatch(codebase):
            raise self._refusals.not_understood("GET", path, reply, "companyinfo without a usable Codebase")
        name, version = information.get("CompanyName"), information.get("VersionCode")
        return Route(
            f"{site.api}/{codebase}apis/3.0",
            company_name=name if isinstance(name, str) else "",
            version=version if isinstance(version, str) else "",
        )


def _origin(scheme: str, host: str, port: int | None) -> str:
    bracketed = f"[{host}]" if ":" in host else host
    return f"{scheme}://{bracketed}" + (f":{port}" if port is not None else "")


def _invalid(message: str, path: str = "/login/companyinfo") -> RouteInvalid:
    return RouteInvalid(method="GET", path=path, delivery="not_sent", vendor_message=message)
