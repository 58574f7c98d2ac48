"""What a clerk does about a blocked row: the next step that its sentence names."""

from tools.demo.rows import Planned
from tools.demo.systems import ConnectWise, Dataverse


class Clerk:
    """Completes customers in the system where something is missing."""

    def __init__(self, dataverse: Dataverse, connectwise: ConnectWise) -> None:
        self._dataverse = dataverse
        self._connectwise = connectwise

    def complete(self, row: Planned) -> str | None:
        """Give the customer the contact that is missing and say so; None when nothing can be done about the row."""
        match row.item["code"]:
            case "account_without_contact":
                name = self._dataverse.make_primary_contact(row.row_id)
                return None if name is None else f"In Work 365, {name} becomes the primary contact."
            case "target_without_contact":
                name = self._connectwise.make_default_contact(row.choice.wish["psa_id"])
                return None if name is None else f"In ConnectWise, {name} becomes the default contact."
            case _:
                return None
