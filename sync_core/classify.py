"""The one table that says what to do next about an error of a vendor (decision D4).

A row is: type of error, whether a write was under way, what is known of the delivery, and the recovery class. The first
row that fits wins. An unknown error of a vendor is transient on a read and of unknown outcome on a write.
"""

from dataclasses import dataclass
from typing import Literal

from connectwise import errors as cw
from dataverse import errors as dv
from sync_core.errors import ConfigurationFault, OutcomeUnknown, RecordRejected, SyncError, TransientFault

VendorError = cw.ConnectWiseError | dv.DataverseError
Recovery = Literal["reject", "transient", "unknown", "configuration"]


@dataclass(frozen=True, slots=True)
class _Row:
    error: type[VendorError]
    writing: bool | None
    """None: on reads and on writes."""
    certainly_not_sent: bool | None
    recovery: Recovery
    code: str
    sentence: str


_TRY_AGAIN = "nothing was lost, it is tried again by itself."

_TABLE: tuple[_Row, ...] = (
    # ConnectWise
    _Row(cw.NoAnswer, None, True, "transient", "psa_unreachable", f"ConnectWise could not be reached; {_TRY_AGAIN}"),
    _Row(cw.CredentialsRefused, None, None, "configuration", "psa_credentials_refused",
         "ConnectWise refused the API keys; enter valid keys for this connector and try again."),
    _Row(cw.PermissionDenied, None, None, "configuration", "psa_permission_denied",
         "The API member's security role in ConnectWise lacks a permission for this; give it Finance > Agreements, "
         "Companies > Company Maintenance, Companies > Contacts and Procurement > Product Catalog (inquire, add, edit: "
         "all) and try again."),
    _Row(cw.RouteInvalid, None, None, "configuration", "psa_address_invalid",
         "ConnectWise does not know this address or company; correct both in the connector and try again."),
    _Row(cw.RateLimited, None, None, "transient", "psa_rate_limited",
         f"ConnectWise asked to slow down; {_TRY_AGAIN}"),
    _Row(cw.Conflict, None, None, "transient", "psa_record_in_use",
         f"The record is in use in ConnectWise; {_TRY_AGAIN}"),
    _Row(cw.RequestInvalid, None, None, "reject", "psa_refused", "ConnectWise refused this record: {vendor}"),
    _Row(cw.RecordNotFound, None, None, "reject", "psa_record_missing",
         "The record no longer exists in ConnectWise ({vendor}); map it anew and try again."),
    _Row(cw.ConnectWiseError, True, None, "unknown", "psa_outcome_unknown",
         "ConnectWise gave no clear answer; the record is looked up in a moment before anything else is done."),
    _Row(cw.ConnectWiseError, False, None, "transient", "psa_unavailable",
         f"ConnectWise did not answer properly; {_TRY_AGAIN}"),
    # Dataverse
    _Row(dv.NoAnswer, None, True, "transient", "dataverse_unreachable",
         f"Dataverse could not be reached; {_TRY_AGAIN}"),
    _Row(dv.TokenUnavailable, None, None, "transient", "dataverse_token_unavailable",
         f"The app could not sign in to Dataverse; {_TRY_AGAIN}"),
    _Row(dv.InteractionRequired, None, None, "configuration", "sign_in_required",
         "Sign in again, the app may not act for you any more, and save again."),
    _Row(dv.AppSignInRefused, None, None, "configuration", "app_sign_in_refused",
         "The app could not sign in for you ({vendor}); ask an administrator to renew its secret or grant its "
         "permissions."),
    _Row(dv.CredentialsRefused, None, None, "configuration", "dataverse_credentials_refused",
         "Dataverse refused the app's identity; ask an administrator to add it as an application user."),
    _Row(dv.PermissionDenied, None, None, "configuration", "dataverse_permission_denied",
         "You lack a privilege in Dataverse for this ({vendor}); ask an administrator for it and try again."),
    _Row(dv.RateLimited, None, None, "transient", "dataverse_rate_limited",
         f"Dataverse asked to slow down; {_TRY_AGAIN}"),
    _Row(dv.VersionMismatch, None, None, "transient", "dataverse_row_changed",
         f"Somebody else changed the row at the same moment; {_TRY_AGAIN}"),
    _Row(dv.DuplicateRow, None, None, "transient", "dataverse_row_exists",
         f"Somebody else created the row at the same moment; {_TRY_AGAIN}"),
    _Row(dv.RowNotFound, None, None, "reject", "dataverse_row_missing",
         "The row no longer exists in Dataverse ({vendor})."),
    _Row(dv.RequestInvalid, None, None, "configuration", "dataverse_request_refused",
         "Dataverse refused the app's request ({vendor}); check that tables and columns are as in the schema map."),
    _Row(dv.DataverseError, True, None, "unknown", "dataverse_outcome_unknown",
         "Dataverse gave no clear answer to a write; it is read again in a moment."),
    _Row(dv.DataverseError, False, None, "transient", "dataverse_unavailable",
         f"Dataverse did not answer properly; {_TRY_AGAIN}"),
)  # fmt: skip

ERROR_CODES: dict[str, str] = {row.code: row.sentence for row in _TABLE}
"""Every code of this table with its sentence; the docs list them."""


def classify(error: VendorError, *, writing: bool) -> SyncError:
    """Return what to do next about `error`; `writing` says whether a write was under way.

    The caller says so because the HTTP method does not: a `$batch` of reads is a POST.
    """
    row = next(row for row in _TABLE if _fits(row, error, writing=writing))
    classified = _recovery_of(row, error)
    classified.vendor_status, classified.request_id = error.status, error.request_id
    return classified


def _recovery_of(row: _Row, error: VendorError) -> SyncError:
    sentence, detail = row.sentence.format(vendor=_vendor_text(error)), str(error)
    match row.recovery:
        case "reject":
            return RecordRejected(user_message=sentence, code=row.code, detail=detail)
        case "transient":
            return TransientFault(user_message=sentence, code=row.code, detail=detail, retry_after=error.retry_after)
        case "unknown":
            return OutcomeUnknown(user_message=sentence, code=row.code, detail=detail)
        case "configuration":
            return ConfigurationFault(user_message=sentence, code=row.code, detail=detail)


def _fits(row: _Row, error: VendorError, *, writing: bool) -> bool:
    return (
        isinstance(error, row.error)
        and row.writing in {None, writing}
        and row.certainly_not_sent in {None, error.delivery == "not_sent"}
    )


def _vendor_text(error: VendorError) -> str:
    """ConnectWise explains itself in `errors[]`: every message is shown, with the field it is about."""
    if isinstance(error, cw.ConnectWiseError) and error.field_errors:
        return "; ".join(
            f"{entry.message} ({entry.field})" if entry.field else entry.message for entry in error.field_errors
        )
    return error.vendor_message or (f"status {error.status}" if error.status else "no answer")
