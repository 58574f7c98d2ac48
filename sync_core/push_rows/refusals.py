"""What ConnectWise's refusals of a new record mean for the connector, beside `sync_core.classify`."""

from connectwise.errors import ConnectWiseError, DuplicateRecord, PermissionDenied, RequestInvalid
from sync_core.errors import ConfigurationFault

_RIGHTS = {
    "catalog item": "Procurement > Product Catalog (Add)",
    "company": "Companies > Company Maintenance (Add)",
    "contact": "Companies > Contacts (Add)",
    "default contact": "Companies > Company Maintenance (Edit)",
    "agreement": "Finance > Agreements (Add)",
}
"""Rights in the API member's security role, by what is written."""

_PROPERTIES = {
    ("catalog item", "subcategory"): "product subcategory",
    ("catalog item", "category"): "product category",
    ("catalog item", "type"): "product type",
    ("catalog item", "unitofmeasure"): "unit of measure",
    ("company", "types"): "company type",
    ("company", "status"): "company status",
    ("agreement", "type"): "agreement type",
    ("agreement", "billingcycle"): "billing cycle",
}
"""Members that hold an entry of a pick list, with the connector's property that it comes from."""

_GONE = "NotFound"
"""Code of an entry of `errors[]` about a reference to what does not exist."""


_IDENTIFIED = frozenset({"catalog item", "company"})


def is_identifier_taken(what: str, error: ConnectWiseError) -> bool:
    """Tell whether a record of this identifier is there already; nothing else of such a record has to be unique."""
    return what in _IDENTIFIED and isinstance(error, DuplicateRecord)


def fault_of_setup(what: str, error: ConnectWiseError) -> ConfigurationFault | None:
    """Return the fault of the connector or of its role that this refusal shows: every other row would meet it too."""
    if isinstance(error, PermissionDenied) and error.is_write:
        return ConfigurationFault(
            user_message=(
                f"The API member's role lacks {_RIGHTS[what]}; give it that permission in ConnectWise and save again."
            ),
            code="psa_permission_denied",
            detail=str(error),
        )
    if not isinstance(error, RequestInvalid):
        return None
    for entry in error.field_errors:
        member = (entry.field or "").split("/")[0].split("[")[0].lower()
        name = _PROPERTIES.get((what, member))
        if name is not None and entry.code == _GONE:
            return ConfigurationFault(
                user_message=(
                    f"The {name} of the connector does not exist in ConnectWise any more; open the connector, choose "
                    "another one and save again."
                ),
                code="connector_property_gone",
                detail=str(error),
            )
    return None
