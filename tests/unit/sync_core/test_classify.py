"""The table that says what to do next: every error of both clients, on reads and on writes."""

import pytest

from connectwise import errors as cw
from connectwise.patch import PatchIgnored
from dataverse import errors as dv
from sync_core.classify import ERROR_CODES, VendorError, classify
from sync_core.errors import ConfigurationFault, OutcomeUnknown, RecordRejected, SyncError, TransientFault

pytestmark = pytest.mark.unit


def psa(kind: type[cw.ConnectWiseError], **facts: object) -> cw.ConnectWiseError:
    return kind(method="POST", path="additions", **facts)  # type: ignore[arg-type]


def dataverse(kind: type[dv.DataverseError], **facts: object) -> dv.DataverseError:
    return kind(method="POST", path="$batch", **facts)  # type: ignore[arg-type]


TABLE: list[tuple[VendorError, type[SyncError], type[SyncError]]] = [
    # error, on a read, on a write
    (psa(cw.NoAnswer, delivery="not_sent"), TransientFault, TransientFault),
    (psa(cw.NoAnswer, delivery="maybe_sent"), TransientFault, OutcomeUnknown),
    (psa(cw.AnswerNotUnderstood, status=201), TransientFault, OutcomeUnknown),
    (psa(cw.ServerFault, status=503), TransientFault, OutcomeUnknown),
    (psa(cw.ConnectWiseError, status=418), TransientFault, OutcomeUnknown),
    (psa(cw.RateLimited, status=429), TransientFault, TransientFault),
    (psa(cw.Conflict, status=409), TransientFault, TransientFault),
    (psa(cw.RequestInvalid, status=400), RecordRejected, RecordRejected),
    (psa(cw.DuplicateRecord, status=400), RecordRejected, RecordRejected),
    (psa(PatchIgnored, status=200), RecordRejected, RecordRejected),
    (psa(cw.RecordNotFound, status=404), RecordRejected, RecordRejected),
    (psa(cw.CredentialsRefused, status=401), ConfigurationFault, ConfigurationFault),
    (psa(cw.PermissionDenied, status=403), ConfigurationFault, ConfigurationFault),
    (psa(cw.RouteInvalid, status=302), ConfigurationFault, ConfigurationFault),
    (dataverse(dv.NoAnswer, delivery="not_sent"), TransientFault, TransientFault),
    (dataverse(dv.NoAnswer, delivery="maybe_sent"), TransientFault, OutcomeUnknown),
    (dataverse(dv.AnswerNotUnderstood, status=200), TransientFault, OutcomeUnknown),
    (dataverse(dv.ServerFault, status=503), TransientFault, OutcomeUnknown),
    (dataverse(dv.DataverseError, status=418), TransientFault, OutcomeUnknown),
    (dataverse(dv.RateLimited, status=429), TransientFault, TransientFault),
    (dataverse(dv.VersionMismatch, status=412), TransientFault, TransientFault),
    (dataverse(dv.DuplicateRow, status=412), TransientFault, TransientFault),
    (dataverse(dv.TokenUnavailable), TransientFault, TransientFault),
    (dataverse(dv.InteractionRequired, consent=False, claims=None), ConfigurationFault, ConfigurationFault),
    (dataverse(dv.AppSignInRefused), ConfigurationFault, ConfigurationFault),
    (dataverse(dv.RequestInvalid, status=400), ConfigurationFault, ConfigurationFault),
    (dataverse(dv.CredentialsRefused, status=401), ConfigurationFault, ConfigurationFault),
    (dataverse(dv.PermissionDenied, status=403), ConfigurationFault, ConfigurationFault),
    (dataverse(dv.RowNotFound, status=404), RecordRejected, RecordRejected),
]


@pytest.mark.parametrize(("error", "on_read", "on_write"), TABLE, ids=lambda value: getattr(value, "__name__", None))
def test_every_error_has_a_recovery(error: VendorError, on_read: type[SyncError], on_write: type[SyncError]) -> None:
    assert type(classify(error, writing=False)) is on_read
    assert type(classify(error, writing=True)) is on_write


@pytest.mark.parametrize("base", [cw.ConnectWiseError, dv.DataverseError])
def test_the_table_above_names_every_error_of_the_clients(base: type[Exception]) -> None:
    def kinds(kind: type[Exception]) -> set[type[Exception]]:
        return {kind}.union(*(kinds(child) for child in kind.__subclasses__()))

    assert kinds(base) <= {type(error) for error, _, _ in TABLE}


def test_a_write_whose_answer_was_lost_is_never_called_transient() -> None:
    for error, _, _ in TABLE:
        if error.delivery == "maybe_sent":
            assert isinstance(classify(error, writing=True), OutcomeUnknown)


def test_every_field_error_of_connectwise_reaches_the_person() -> None:
    error = psa(
        cw.RequestInvalid,
        status=400,
        field_errors=(cw.FieldError("A", "First.", "Addition", "quantity"), cw.FieldError("B", "Second {0}.")),
    )
    assert classify(error, writing=True).user_message == (
        "ConnectWise refused this record: First. (quantity); Second {0}."
    )


def test_facts_of_the_answer_travel_with_the_error() -> None:
    error = psa(cw.RateLimited, status=429, retry_after=12.0, request_id="abc")
    classified = classify(error, writing=True)
    assert isinstance(classified, TransientFault)
    assert (classified.retry_after, classified.vendor_status, classified.request_id) == (12.0, 429, "abc")


@pytest.mark.parametrize("code", sorted(ERROR_CODES))
def test_every_sentence_ends_and_says_what_to_do_or_that_nothing_is_to_be_done(code: str) -> None:
    sentence = ERROR_CODES[code]
    assert sentence.endswith((".", "{vendor}"))
    assert sentence[0].isupper()


def test_an_error_without_any_text_still_reads_well() -> None:
    assert "status 404" in classify(psa(cw.RecordNotFound, status=404), writing=True).user_message
    assert "no answer" in classify(psa(cw.RequestInvalid), writing=True).user_message
