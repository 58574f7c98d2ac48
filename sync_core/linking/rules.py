"""What forbids to map a row to a record that could be mapped to by itself; the same for one row and for many."""

from dataverse.psasync.records import Mapping, MappingKind
from sync_core.errors import RecordRejected
from sync_core.linking.targets import NOUNS, Target

ACCOUNT_NOT_MAPPED = "account_not_mapped"


def account_not_mapped_message(account_name: str | None) -> str:
    """Return the sentence about a billing contract whose account has no company yet."""
    return f'The account "{account_name or "of this contract"}" is not mapped; map it on the Customers tab first.'


def check_company(account_name: str | None, account: Mapping | None, target: Target) -> None:
    """Raise RecordRejected unless the agreement is one of the company of the contract's account (domain: E3).

    `account` is the integration record of the contract's account.
    """
    if account is None or account.psa_id is None:
        raise RecordRejected(user_message=account_not_mapped_message(account_name), code=ACCOUNT_NOT_MAPPED)
    if account.psa_id != target.company_id:
        raise RecordRejected(
            user_message=(
                f'The agreement "{target.name}" belongs to another company than '
                f'"{account.psa_name or account.psa_id}", to which the account is mapped; '
                "choose an agreement of this company."
            ),
            code="target_of_other_company",
        )


def target_taken(kind: MappingKind, other_name: str | None) -> RecordRejected:
    """Return the refusal of a record to which another row is mapped; None: a row that the person may not read."""
    ours, theirs = NOUNS[kind]
    name = other_name if other_name is not None else "that you may not read"
    return RecordRejected(
        user_message=(
            f'The {ours} "{name}" is mapped to this {theirs} already; unmap it first, or let an administrator '
            "allow several records to share one in the connector's properties."
        ),
        code="target_taken",
    )
