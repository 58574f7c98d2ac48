"""The seed `contoso`: a managed service provider's March 2026 in Work 365, and the ConnectWise tenant beside it.

Most lines can be pushed. On purpose some cannot, each for a reason that a clerk meets in practice: an unmapped product,
customer and contract, agreements that are cancelled, over, not begun, prorating, in another currency or of another
company, write-in and empty lines, bundles, a product that is inactive in ConnectWise, paid and cancelled invoices.
"""

from typing import Any

from emulators.seeds.contoso import connectwise, dataverse


def build() -> dict[str, dict[str, list[Any]]]:
    """Return the rows of both systems; every call returns equal ones."""
    return {"dataverse": dataverse.rows(), "connectwise": connectwise.records()}
