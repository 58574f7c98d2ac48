"""Additions that carry the same marker: what a client that posts twice leaves behind."""

from collections import defaultdict
from typing import Any

from emulators.connectwise.resources import ADDITIONS
from emulators.connectwise.store import Store


def duplicate_additions(store: Store) -> list[dict[str, Any]]:
    """Return each serial number that more than one addition has, with the ids."""
    table = store[ADDITIONS]
    position = table.at["serialNumber"]
    ids: dict[str, list[int]] = defaultdict(list)
    for row_id in table.ids:
        marker = table.rows[row_id][position]
        if marker:
            ids[marker].append(row_id)
    return [{"serialNumber": marker, "ids": found} for marker, found in ids.items() if len(found) > 1]
