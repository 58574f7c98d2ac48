"""From answers to typed errors (dataverse.md 3, 10)."""

import json

import pytest

from dataverse import errors
from dataverse.failures import failure_from

pytestmark = pytest.mark.unit


def failure_of(
    status: int, code: str = "0x0", message: str = "no", headers: dict[str, str] | None = None
) -> errors.DataverseError:
    content = json.dumps({"error": {"code": code, "message": message}}).encode()
    failure = failure_from("PATCH", "accounts(1)", status, headers or {}, content)
    assert failure is not None
    return failure


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "0x80040265", errors.RequestInvalid),
        (405, "0x80040227", errors.RequestInvalid),
        (413, "", errors.RequestInvalid),
        (501, "", errors.RequestInvalid),
        (401, "", errors.CredentialsRefused),
        (403, "0x80040220", errors.PermissionDenied),
        (404, "0x80040217", errors.RowNotFound),
        (404, "0x80060891", errors.RowNotFound),
        (412, "0x80060882", errors.VersionMismatch),
        (412, "", errors.VersionMismatch),
        (412, "0x80060892", errors.DuplicateRow),
        (412, "0x80040237", errors.DuplicateRow),
        (412, "0X80040237", errors.DuplicateRow),
        (412, "0x80040333", errors.DuplicateRow),
        (429, "0x80072322", errors.RateLimited),
        (500, "0x80044150", errors.ServerFault),
        (500, "0x80040237", errors.ServerFault),
        (502, "", errors.ServerFault),
        (503, "", errors.ServerFault),
        (504, "", errors.ServerFault),
        (302, "", errors.DataverseError),
        (409, "", errors.DataverseError),
        (418, "", errors.DataverseError),
    ],
)
def test_the_status_decides_and_then_the_code(status: int, code: str, kind: type[errors.DataverseError]) -> None:
    assert type(failure_of(status, code)) is kind


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_no_failure(status: int) -> None:
    assert failure_from("GET", "accounts", status, {}, b"") is None


def test_an_error_carries_the_facts() -> None:
    failure = failure_of(
        412, "0x80060882", "The version differs.", {"x-ms-service-request-id": "r-9", "retry-after": "17"}
    )

    assert failure.method == "PATCH"
    assert failure.path == "accounts(1)"
    assert failure.status == 412
    assert failure.code == "0x80060882"
    assert failure.vendor_message == "The version differs."
    assert failure.request_id == "r-9"
    assert failure.retry_after == 17.0
    assert failure.delivery == "answered"
    assert failure.is_write


def test_the_request_id_of_a_batch_part_has_another_header() -> None:
    assert failure_of(400, headers={"req_id": "r-1"}).request_id == "r-1"
    assert failure_of(400).request_id is None


def test_an_empty_code_and_zero_are_no_code() -> None:
    assert failure_of(404, "").code is None
    assert failure_of(404, "0x0").code is None


def test_a_date_in_retry_after_is_measured_against_the_answers_own_date() -> None:
    headers = {"retry-after": "Sat, 31 Jan 2026 08:00:09 GMT", "date": "Sat, 31 Jan 2026 08:00:00 GMT"}

    assert failure_of(429, headers=headers).retry_after == 9.0
    assert failure_of(429).retry_after is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Bad Gateway</html>", "<html>Bad Gateway</html>"),
        (b"x" * 4_000, "x" * 500),
        (b"\xff", "\ufffd"),
        (b"", ""),
        (b'["a"]', "['a']"),
        (b'{"error": "no"}', "{'error': 'no'}"),
        (b'{"error": {"code": null, "message": null}}', ""),
    ],
)
def test_a_body_of_another_shape_is_the_message_itself(content: bytes, message: str) -> None:
    failure = failure_from("GET", "accounts", 502, {}, content)

    assert failure is not None
    assert failure.vendor_message == message
    assert failure.code is None
