"""The marker: an addition carries the id of its invoice line, so that a lost answer never leads to a second POST.

ConnectWise has no external id on additions, so the marker lives in an ordinary member: `serialNumber`, or the end of
`invoiceDescription`. Being the line's GUID, it differs between any two lines and fits both (50 and 6,000 characters).
"""

import re

from connectwise.records import Addition
from dataverse.work365.records import InvoiceLineId
from sync_core.policies import ConnectorPolicies

_GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_WHOLE = re.compile(rf"\s*({_GUID})\s*", re.IGNORECASE | re.ASCII)
_AT_END = re.compile(rf"(?<![0-9a-z-])({_GUID})\s*\Z", re.IGNORECASE | re.ASCII)


def marker_of(line_id: InvoiceLineId) -> str:
    """Return the marker of the line, its GUID in lower case; raise ValueError when the id is not a GUID."""
    if not re.fullmatch(_GUID, line_id, re.IGNORECASE | re.ASCII):
        raise ValueError(f"{line_id!r} is not the id of an invoice line")
    return line_id.lower()


def marked_line(addition: Addition, policies: ConnectorPolicies) -> InvoiceLineId | None:
    """Return the line that the addition's marker names, or None when it carries no marker.

    The policy's field wins, yet the other one is read too: additions posted before the policy was changed must still
    be found, or their lines would be posted twice.
    """
    found = [_WHOLE.fullmatch(addition.serial_number or ""), _AT_END.search(addition.invoice_description or "")]
    if policies.marker_field == "invoiceDescription":
        found.reverse()
    for match in found:
        if match:
            return InvoiceLineId(match[1].lower())
    return None
