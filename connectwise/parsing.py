"""Rows as records."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from connectwise.errors import AnswerNotUnderstood
from connectwise.paging import Row

RecordT = TypeVar("RecordT", bound=BaseModel)


def parsed(model: type[RecordT], row: Row, method: str, path: str) -> RecordT:
    """Return the record of a row; raises AnswerNotUnderstood when it has another shape."""
    try:
        # Some answers hold an explicit null where others leave the member out.
        return model.model_validate({name: value for name, value in row.items() if value is not None})
    except ValidationError as invalid:
        faults = ", ".join(f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in invalid.errors())
    raise AnswerNotUnderstood(method=method, path=path, status=200, vendor_message=f"unexpected record, {faults}")
