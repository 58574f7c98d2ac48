"""The step that must come first: which record a person has to map, or complete, and where to find it."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

Step = Literal["connector", "product", "account", "contact", "billing_contract"]


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """A missing step; `source_id` is the Work 365 row to jump to (for "contact": the account that lacks one).

    For "connector" it is None: the connector's properties lack something.
    """

    step: Step
    source_id: str | None
    name: str | None


def prerequisite_text(prerequisite: Prerequisite | None) -> str | None:
    """Return a missing step as a job item keeps it."""
    if prerequisite is None:
        return None
    name = prerequisite.name
    return json.dumps({**asdict(prerequisite), "name": None if name is None else name[:160]}, ensure_ascii=False)


def prerequisite_from(text: str | None) -> Prerequisite | None:
    """Return the missing step that a job item keeps."""
    return None if text is None else Prerequisite(**json.loads(text))
