"""Custom APIs as business events (dataverse.md 13)."""

from typing import Any

import pytest

from tests.emulator.dataverse.harness import ACCOUNT, APPLICATION, INVOICE, Organization
from tests.emulator.dataverse.receiver import Receiver
from tests.emulator.dataverse.webhook_steps import act, register

pytestmark = pytest.mark.emulator


def custom_api(org: Organization, **columns: Any) -> None:
    """Register the Custom API of section 13."""
    api = org.create(
        "customapis",
        **{
            "name": "Push",
            "uniquename": "psa_PushToPsa",
            "displayname": "Push",
            "bindingtype": 0,
            "allowedcustomprocessingsteptype": 1,
            **columns,
        },
    )
    org.create(
        "customapirequestparameters",
        name="ids",
        uniquename="InvoiceIds",
        type=11,
        isoptional=False,
        **{"customapiid@odata.bind": f"/customapis({api})"},
    )


def test_a_custom_api_is_a_business_event(org: Organization, receiver: Receiver) -> None:
    """Section 13: a step on its message carries the parameters."""
    custom_api(org)
    register(org, receiver.url, "psa_PushToPsa", "none")
    [reply] = act(org, ("POST", "psa_PushToPsa", {"InvoiceIds": [INVOICE]}))
    assert reply.status == 204
    [call] = receiver.calls
    assert call.parameter("InvoiceIds") == [INVOICE]
    assert (call.body["MessageName"], call.body["PrimaryEntityName"]) == ("psa_PushToPsa", "none")
    assert call.body["InitiatingUserId"] == APPLICATION


def test_custom_api_parameters_are_checked(org: Organization) -> None:
    """Section 13: parameter types, required ones, methods."""
    custom_api(org)
    for body in ({}, {"InvoiceIds": "x"}, {"InvoiceIds": [1]}, {"InvoiceIds": [], "More": 1}):
        assert org.post("psa_PushToPsa", body).status == 400
    assert org.get("psa_PushToPsa").status == 404
    assert org.post("psa_pushtopsa", {"InvoiceIds": []}).status == 404


def test_bound_custom_apis(org: Organization, receiver: Receiver) -> None:
    """Section 13: bound to a row or to a set, by full name."""
    custom_api(org, bindingtype=1, boundentitylogicalname="invoice")
    register(org, receiver.url, "psa_PushToPsa", "none")
    path = f"invoices({INVOICE})/Microsoft.Dynamics.CRM.psa_PushToPsa"
    assert act(org, ("POST", path, {"InvoiceIds": []}))[0].status == 204
    assert org.post(f"accounts({ACCOUNT})/Microsoft.Dynamics.CRM.psa_PushToPsa", {"InvoiceIds": []}).status == 404
    assert org.post("invoices/Microsoft.Dynamics.CRM.psa_PushToPsa", {"InvoiceIds": []}).status == 404


def test_a_function_without_response_property_is_404(org: Organization) -> None:
    """Section 13: 0x8006088a."""
    custom_api(org, isfunction=True)
    assert org.get("psa_PushToPsa").code == "0x8006088a"
