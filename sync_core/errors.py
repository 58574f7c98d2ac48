"""The recovery classes (decision D4): an error is classed by what to do next."""


class SyncError(Exception):
    """An error that a person or the next run can act on.

    `user_message` is one sentence that says what to do next, `code` is stable, `detail` is for the log. `vendor_status`
    and `request_id` are those of the vendor's answer, if there was one.
    """

    vendor_status: int | None = None
    request_id: str | None = None

    def __init__(self, *, user_message: str, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {user_message}" + (f" ({detail})" if detail else ""))
        self.user_message = user_message
        self.code = code
        self.detail = detail


class RecordRejected(SyncError):
    """This record cannot be written as it is; the others go on."""


class TransientFault(SyncError):
    """Nothing was carried out and the same call may succeed later; `retry_after` is in seconds."""

    def __init__(self, *, user_message: str, code: str, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(user_message=user_message, code=code, detail=detail)
        self.retry_after = retry_after


class OutcomeUnknown(SyncError):
    """A write was sent and no trustworthy answer came: look it up before anything else, never repeat it blindly."""


class ConfigurationFault(SyncError):
    """Keys, permissions or settings are wrong: every record of the job would fail the same way, so the job stops."""
