"""Faults in the vendor's words, through the control plane."""

import pytest

from tests.emulator.connectwise.harness import Tenant

pytestmark = pytest.mark.emulator


def fault(tenant: Tenant, **members: object) -> None:
    """Arm one fault for the next GET of companies."""
    document = {"match": {"method": "GET", "path": "/company/companies"}, "times": 1, **members}
    assert tenant.control("POST", "faults", document).status == 201


def test_a_rate_limit_has_the_error_key_and_retry_after(tenant: Tenant) -> None:
    """connectwise.md 5: documented 429 body."""
    fault(tenant, kind="rate_limit", retry_after=7)
    reply = tenant.get("/company/companies")
    assert (reply.status, reply.headers["retry-after"]) == (429, "7")
    assert reply.json == {"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 7 seconds."}
    assert tenant.get("/company/companies").status == 200
    fault(tenant, kind="rate_limit")
    assert tenant.get("/company/companies").headers["retry-after"] == "30"


@pytest.mark.parametrize(
    ("status", "content_type", "part"),
    [
        (500, "application/json", b"A timeout has occured. Please try again."),
        (401, "application/json", b"Incorrect public/private key"),
        (403, "application/json", b"You do not have security permission"),
        (404, "application/json", b"NotFound"),
        (409, "application/json", b"Conflict"),
        (429, "application/json", b"ConnectWiseAPI"),
        (502, "text/html", b"<html>"),
        (503, "text/html", b"<html>"),
        (504, "text/html", b"<html>"),
    ],
)
def test_status_faults_have_the_bodies_of_the_reference(
    tenant: Tenant, status: int, content_type: str, part: bytes
) -> None:
    """connectwise.md 5: bodies by status; 502 to 504 are anything, HTML included."""
    fault(tenant, kind="status", status=status, retry_after=3)
    reply = tenant.get("/company/companies")
    assert (reply.status, reply.headers["retry-after"]) == (status, "3")
    assert reply.headers["content-type"].startswith(content_type)
    assert part in reply.body


@pytest.mark.parametrize("status", [404, 429, 503])
def test_html_of_the_network_in_front(tenant: Tenant, status: int) -> None:
    """connectwise.md 6 and 13.9: HTML 429 and 404, Cloudflare-like."""
    fault(tenant, kind="html", status=status)
    reply = tenant.get("/company/companies")
    assert (reply.status, reply.headers["server"]) == (status, "cloudflare")
    assert b"Cloudflare Ray ID" in reply.body


def test_a_redirect_points_somewhere_insecure(tenant: Tenant) -> None:
    """connectwise.md 2.1 and 13.9: redirect 302; a client must not follow it."""
    fault(tenant, kind="status", status=302)
    reply = tenant.get("/company/companies")
    assert reply.status == 302
    assert reply.headers["location"].startswith("http://")
