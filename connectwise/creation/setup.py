"""Setup tables whose ids a new record needs: communication types and currencies."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from connectwise.client import ConnectWiseClient
from connectwise.endpoints import COMMUNICATION_TYPES, CURRENCIES
from connectwise.errors import RequestInvalid
from connectwise.kept import Kept
from connectwise.parsing import parsed
from connectwise.queries import Query, fields_of

JUST_READ = 30.0
"""Seconds; what is missing from a list that is older than this may have been added in ConnectWise meanwhile."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    id: int


class _CommunicationType(_Row):
    """What kind of address an item of a contact is; `default_flag` marks the one to take."""

    email_flag: bool = False
    phone_flag: bool = False
    default_flag: bool = False


class _CurrencyCode(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str | None = None


class _Currency(_Row):
    """A currency; which member holds the ISO code differs between versions."""

    currency_identifier: str
    currency_code: _CurrencyCode | None = None


@dataclass(frozen=True, slots=True)
class _Types:
    """The ids of the default types."""

    email: int | None
    phone: int | None


class CreationSetup:
    """Reads setup tables, each at most every 15 minutes; share one instance between threads."""

    def __init__(self, client: ConnectWiseClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._types = Kept(self._read_types, clock=clock)
        self._currencies = Kept(self._read_currencies, clock=clock)

    def email_type(self) -> int:
        """Return the id of the default communication type for e-mail; raises RequestInvalid when there is none."""
        found = self._types.value().email or self._types.value(younger_than=JUST_READ).email
        return found or _missing(COMMUNICATION_TYPES, "communication type for e-mail")

    def phone_type(self) -> int:
        """Return the id of the default communication type for phone numbers, as `email_type`."""
        found = self._types.value().phone or self._types.value(younger_than=JUST_READ).phone
        return found or _missing(COMMUNICATION_TYPES, "communication type for phone numbers")

    def currency(self, iso_code: str) -> int:
        """Return the id of a currency; raises RequestInvalid when the tenant does not have it.

        An amount must never be billed in another currency than it was agreed in, so nothing is created without it.
        """
        code = iso_code.upper()
        found = self._currencies.value().get(code) or self._currencies.value(younger_than=JUST_READ).get(code)
        return found or _missing(CURRENCIES, f"currency {code}")

    def _read_types(self) -> _Types:
        rows = self._client.rows(COMMUNICATION_TYPES, Query(fields=fields_of(_CommunicationType)))
        types = [parsed(_CommunicationType, row, "GET", COMMUNICATION_TYPES) for row in rows]
        ordered = sorted(types, key=lambda one: (not one.default_flag, one.id))
        return _Types(
            email=next((one.id for one in ordered if one.email_flag), None),
            phone=next((one.id for one in ordered if one.phone_flag), None),
        )

    def _read_currencies(self) -> Mapping[str, int]:
        rows = self._client.rows(CURRENCIES, Query(fields=fields_of(_Currency)))
        currencies = [parsed(_Currency, row, "GET", CURRENCIES) for row in rows]
        by_code = {
            one.currency_code.name.upper(): one.id for one in currencies if one.currency_code and one.currency_code.name
        }
        return by_code | {one.currency_identifier.upper(): one.id for one in currencies}


def _missing(path: str, what: str) -> int:
    raise RequestInvalid(
        method="POST",
        path=path,
        delivery="not_sent",
        vendor_message=f"there is no {what} in ConnectWise; add it there and save again",
    )
