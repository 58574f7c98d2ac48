"""Refusals in Dataverse's own words (dataverse.md 3, 4, 6, 10)."""

from collections.abc import Iterable

_HELP = (
    "For more information on this error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293"
)
_CRM = "Microsoft.Dynamics.CRM."


class DataverseError(Exception):
    """An answer other than success: HTTP status, service code, text and extra headers."""

    def __init__(self, status: int, code: str, message: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = tuple(headers)


def not_found(table: str, row_id: str) -> DataverseError:
    """0x80040217, ObjectDoesNotExist."""
    return DataverseError(404, "0x80040217", f"{table} With Id = {row_id} Does Not Exist")


def key_not_found(table: str) -> DataverseError:
    """0x80060891, RecordNotFoundByEntityKey."""
    return DataverseError(404, "0x80060891", f"A record with the specified key values does not exist in {table} entity")


def duplicate_row() -> DataverseError:
    """0x80040237, DuplicateRecord."""
    return DataverseError(412, "0x80040237", "A record with matching key values already exists.")


def duplicate_key(key: str, columns: Iterable[str]) -> DataverseError:
    """0x80060892, DuplicateRecordEntityKey."""
    return DataverseError(
        412,
        "0x80060892",
        f"Entity Key {key} violated. A record with the same value for {', '.join(columns)} already exists. "
        "A duplicate record cannot be created. Select one or more unique values and try again.",
    )


def version_mismatch() -> DataverseError:
    """0x80060882, ConcurrencyVersionMismatch."""
    return DataverseError(
        412, "0x80060882", "The version of the existing record doesn't match the RowVersion property provided."
    )


def concurrency_not_enabled(table: str) -> DataverseError:
    """0x8006088d, OptimisticConcurrencyNotEnabled."""
    return DataverseError(
        400,
        "0x8006088d",
        f"Optimistic concurrency isn't enabled for entity type {table}. "
        "The IfVersionMatches value of ConcurrencyBehavior can only be used if optimistic concurrency is enabled.",
    )


def segment_not_found(segment: str) -> DataverseError:
    """0x8006088a: no entity set, action or function of that name."""
    return DataverseError(404, "0x8006088a", f"Resource not found for the segment '{segment}'.")


def query_syntax(message: str) -> DataverseError:
    """0x80060888: the query, or a key, is not understood."""
    return DataverseError(400, "0x80060888", message)


def unknown_property(name: str, table: str) -> DataverseError:
    """0x0: a query names a column that the table lacks."""
    return DataverseError(400, "0x0", f"Could not find a property named '{name}' on type '{_CRM}{table}'.")


def unknown_member(name: str, table: str) -> DataverseError:
    """0x0: a body names a column that the table lacks."""
    return DataverseError(
        400,
        "0x0",
        "An error occurred while validating input parameters: Microsoft.Crm.CrmException: "
        f"Invalid property '{name}' was found in entity '{_CRM}{table}'. ---> "
        "Microsoft.OData.ODataException: Does not support untyped value in non-open type.",
    )


def payload(entity_set: str, message: str) -> DataverseError:
    """0x80048d19: a body that OData cannot read."""
    return DataverseError(
        400,
        "0x80048d19",
        f"Error identified in Payload provided by the user for Entity :'{entity_set}', {_HELP}  ---->  "
        f"InnerException : Microsoft.OData.ODataException: {message}",
    )


def undeclared_navigation(entity_set: str, name: str) -> DataverseError:
    """0x80048d19: `@odata.bind` on a name that is no single-valued navigation property; names are case-sensitive."""
    return payload(
        entity_set,
        f"An undeclared property '{name}' which only has property annotations in the payload but no property value "
        "was found in the payload. In OData, only declared navigation properties and declared named streams can be "
        "represented as properties without values.",
    )


def literal_not_converted(entity_set: str, literal: str, edm_type: str) -> DataverseError:
    """0x80048d19: a value of the wrong JSON type."""
    return payload(entity_set, f"Cannot convert the literal '{literal}' to the expected type '{edm_type}'.")


def direct_reference() -> DataverseError:
    """0x80060888: a lookup written as a plain value."""
    return query_syntax(
        "CRM do not support direct update of Entity Reference properties, Use Navigation properties instead."
    )


def too_long(column: str, table: str, limit: int) -> DataverseError:
    """0x80044331, StringLengthTooLong."""
    return DataverseError(
        400,
        "0x80044331",
        f"A validation error occurred.  The length of the '{column}' attribute of the '{table}' entity "
        f"exceeded the maximum allowed length of '{limit}'.",
    )


def out_of_range(column: str, table: str) -> DataverseError:
    """0x80044330: a number or date outside the column's range."""
    return DataverseError(
        400,
        "0x80044330",
        f"A validation error occurred.  The value of '{column}' on record of type '{table}' "
        "is outside the valid range.",
    )


def choice_out_of_range(column: str, table: str, value: object) -> DataverseError:
    """0x8004431a, PicklistValueOutOfRange."""
    return DataverseError(
        400,
        "0x8004431a",
        f"A validation error occurred.  The value {value} of '{column}' on record of type '{table}' "
        "is outside the valid range. Accepted Values: see the options of the choice.",
    )


def invalid_state(value: object, state: object, table: str) -> DataverseError:
    """0x80048408: a status reason that does not belong to the state."""
    return DataverseError(400, "0x80048408", f"{value} is not a valid status code for state code {state} on {table}.")


def key_mismatch(table: str) -> DataverseError:
    """0x80060888: the names in the key of a URL are no declared key."""
    return query_syntax(
        f"The key in the request URI is not valid for resource '{_CRM}{table}'. Ensure that the names and number of "
        f"key properties match the declared or alternate key properties for the resource '{_CRM}{table}'."
    )


def key_characters(column: str) -> DataverseError:
    """0x80060888: an alternate key value that cannot stand in a URL (dataverse.md 6)."""
    return query_syntax(
        f"The value of the key column '{column}' holds a character that cannot be used in the key of a request URL: "
        "/ < > * % & : \\ ? + #"
    )


def invalid_argument(message: str) -> DataverseError:
    """0x80040203, InvalidArgument."""
    return DataverseError(400, "0x80040203", message)


def read_only_row() -> DataverseError:
    """A write to a paid or cancelled invoice or to its lines (domain.md 2.4)."""
    return DataverseError(400, "0x80040265", "Cannot Update a Read-Only Entity")


def deletion_blocked() -> DataverseError:
    """0x80040227, CannotDeleteDueToAssociation."""
    return DataverseError(
        405, "0x80040227", "The object you tried to delete is associated with another object and cannot be deleted."
    )


def wrong_method(method: str) -> DataverseError:
    """405 for a method that the resource lacks."""
    return DataverseError(405, "0x80060888", f"The requested resource does not support http method '{method}'.")


def no_resource(uri: str) -> DataverseError:
    """404 with an empty code: POST on a function or GET on an action (dataverse.md 3)."""
    return DataverseError(404, "", f"No HTTP resource was found that matches the request URI '{uri}'.")


def not_emulated(what: str) -> DataverseError:
    """501: Dataverse has it, this emulator has not."""
    return DataverseError(501, "0x0", f"not emulated: {what}")
