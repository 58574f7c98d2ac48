"""The vendor's own words for faults that the control plane asks for (connectwise.md 5 and 6)."""

from math import ceil

from emulators.connectwise.errors import JSON_TYPE
from emulators.connectwise.exact import dumps
from emulators.connectwise.limiter import too_many
from emulators.control_plane import FaultAnswer

_JSON = {
    400: ("InvalidObject", "The object is invalid"),
    401: ("Unauthorized", "Incorrect public/private key"),
    403: ("Security", "You do not have security permission to perform this action."),
    404: ("NotFound", "The record was not found"),
    405: ("ConnectWiseApi", "The requested resource does not support this http method."),
    409: ("Conflict", "The record is in use. Please try again."),
    415: ("ConnectWiseApi", "The request entity's media type is not supported."),
    500: ("ConnectWiseApi", "A timeout has occured. Please try again."),
}
_HTML = {"content-type": "text/html; charset=UTF-8"}
_DEFAULT_RETRY_SECONDS = 30


def vendor_fault(kind: str, status: int, retry_after: float | None, location: str) -> FaultAnswer:
    """Return the answer for a fault of kind status, rate_limit or html; `location` is where a redirect points."""
    headers = {} if retry_after is None else {"retry-after": str(ceil(retry_after))}
    if kind == "html":
        return FaultAnswer(status, {**_HTML, "server": "cloudflare", **headers}, network_page(status))
    if kind == "rate_limit" or status == 429:
        refusal = too_many(ceil(_DEFAULT_RETRY_SECONDS if retry_after is None else retry_after))
        lower = {name.lower(): value for name, value in refusal.headers.items()}
        return FaultAnswer(429, {"content-type": refusal.content_type, **lower}, refusal.body)
    if 300 <= status < 400:
        return FaultAnswer(status, {"location": location, **headers}, b"")
    if status in _JSON:
        code, message = _JSON[status]
        return FaultAnswer(status, {"content-type": JSON_TYPE, **headers}, dumps({"code": code, "message": message}))
    return FaultAnswer(status, {**_HTML, **headers}, network_page(status))


def network_page(status: int) -> bytes:
    """Return a page as the network in front of the API shows it; the markup is invented."""
    titles = {
        403: "Access denied",
        429: "Error 1015",
        502: "Bad gateway",
        503: "Service unavailable",
        504: "Gateway time-out",
    }
    title = titles.get(status, "Error")
    return (
        f"<!DOCTYPE html><html><head><title>{title} | {status}</title></head><body>"
        f"<h1>{title}</h1><p>Error code {status}</p><p>Cloudflare Ray ID: 8f2d0c5a1e7b4c21</p></body></html>"
    ).encode()
