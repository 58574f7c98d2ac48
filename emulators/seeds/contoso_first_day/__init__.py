"""The seed `contoso-first-day`: the month of `contoso`, before anybody has joined Work 365 and ConnectWise.

Work 365 holds the same invoices; nothing is mapped. The ConnectWise tenant is that of a provider who has sold other
things so far: it knows some of the customers under slightly different names, a few of their agreements and some of the
products; the rest has to be created. Two customers cannot be joined before somebody completes them: `RELECLOUD` has no
primary contact in Work 365, the company of `PROSEWARE` no default contact in ConnectWise.
"""

from typing import Any

from emulators.seeds.contoso_first_day import connectwise, dataverse


def build() -> dict[str, dict[str, list[Any]]]:
    """Return the rows of both systems; every call returns equal ones."""
    return {"dataverse": dataverse.rows(), "connectwise": connectwise.records()}
