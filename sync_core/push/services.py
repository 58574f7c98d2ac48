"""What the push works with."""

from collections.abc import Callable
from dataclasses import dataclass

from dataverse.psasync.records import Connector, EntraObjectId
from sync_core.ports import Ledger, Psa, Work365
from sync_core.work.services import WorkServices


@dataclass(frozen=True, slots=True)
class PushServices(WorkServices):
    """The ports of the push; `work365_as` acts with the rights of one person, `psa_of` opens a connector's tenant."""

    ledger: Ledger
    work365_as: Callable[[EntraObjectId], Work365]
    psa_of: Callable[[Connector], Psa]
