"""First act: the administrator tests the connector and chooses its properties from ConnectWise's own lists."""

from typing import Any, Final

from tools.demo.app import App, Row
from tools.demo.screen import say

_PICKED: Final = {
    "product_category": ("product-categories", "Cloud"),
    "product_subcategory": ("product-subcategories", "Cloud subscriptions"),
    "product_type": ("product-types", "Software"),
    "unit_of_measure": ("units-of-measure", "Each"),
    "agreement_type": ("agreement-types", "Cloud"),
    "billing_cycle": ("billing-cycles", "Monthly"),
    "company_types": ("company-types", "Client"),
    "company_status": ("company-statuses", "Active"),
}
"""Property to its pick list and the name of the entry that is chosen."""


def set_up_connector(admin: App) -> None:
    """Test the connection and save the properties, unless they are as chosen."""
    path = f"connectors/{admin.connector_id}"
    test = admin.send("POST", f"{path}/test")
    if not test["connected"]:
        raise SystemExit(test["message"])
    say(f"{test['message']} Version {test['tenant']['version']}.")
    for problem in (*test["role_problems"], *(problem["message"] for problem in test["property_problems"])):
        say(problem)
    chosen = {name: _chosen(admin, path, name, *picked) for name, picked in _PICKED.items()}
    if all(test["properties"][name] == value for name, value in chosen.items()):
        say("Its properties are as chosen before.")
        return
    admin.send("PATCH", path, {"properties": chosen})
    shown = ", ".join(f'{name.replace("_", " ")} "{entry}"' for name, (_, entry) in _PICKED.items())
    say(f"Chosen from ConnectWise's own lists and saved: {shown}.")


def _chosen(admin: App, path: str, name: str, which: str, entry_name: str) -> Any:
    options = admin.get(f"{path}/options/{which}")["items"]
    found = [_entry(option) for option in options if option["name"] == entry_name and not option["inactive"]]
    if not found:
        raise SystemExit(f"ConnectWise has no {entry_name} in its {which.replace('-', ' ')}.")
    return found[:1] if name == "company_types" else found[0]


def _entry(option: Row) -> Row:
    return {"id": option["id"], "name": option["name"]}
