"""The ports of suggestions as one value."""

from collections.abc import Callable
from dataclasses import dataclass

from dataverse.psasync.records import Connector
from sync_core.suggestions.memory import Finders
from sync_core.suggestions.ports import PsaCandidates


@dataclass(frozen=True, slots=True)
class SuggestionServices:
    """What may be mapped to, and what is kept in memory between requests.

    Patience, in seconds, is how long a page and a list of suggestions wait for ConnectWise to be read: a person waits
    for the one, a request may not last longer than the other.
    """

    candidates_of: Callable[[Connector], PsaCandidates]
    finders: Finders
    page_patience: float = 20.0
    list_patience: float = 150.0
