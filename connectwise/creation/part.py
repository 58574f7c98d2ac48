"""What the parts of `ConnectWiseCreation` share."""

import time
from collections.abc import Callable, Mapping

from connectwise.client import ConnectWiseClient
from connectwise.creation.setup import CreationSetup
from connectwise.texts import storable_text


class CreationPart:
    """The client and the setup tables of one tenant."""

    def __init__(self, client: ConnectWiseClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._setup = CreationSetup(client, clock=clock)


def texts(members: Mapping[str, tuple[str | None, int]]) -> dict[str, str]:
    """Return the texts that are not None as ConnectWise can store them; each is given with its length."""
    return {member: storable_text(text, longest) for member, (text, longest) in members.items() if text is not None}
