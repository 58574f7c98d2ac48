"""What the server stores for members that a body leaves out (connectwise.md 4.1 and the recorded answers)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_ZERO = Decimal(0)


def _flags(*names: str) -> dict[str, bool]:
    return dict.fromkeys(names, False)


DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "Company": _flags("leadFlag", "unsubscribeFlag", "deletedFlag", "isVendorFlag"),
    "CompanySite": _flags(
        "primaryAddressFlag",
        "defaultShippingFlag",
        "defaultBillingFlag",
        "defaultMailingFlag",
        "inactiveFlag",
        "billSeparateFlag",
    ),
    "CompanyStatus": _flags(
        "defaultFlag",
        "inactiveFlag",
        "notifyFlag",
        "disallowSavingFlag",
        "customNoteFlag",
        "cancelOpenTracksFlag",
    ),
    "CompanyType": _flags("defaultFlag", "vendorFlag", "serviceAlertFlag"),
    "Contact": {
        **_flags(
            "inactiveFlag",
            "marriedFlag",
            "childrenFlag",
            "unsubscribeFlag",
            "defaultBillingFlag",
            "ignoreDuplicates",
        ),
        "portalSecurityLevel": 1,
        "disablePortalLoginFlag": True,
    },
    "CommunicationType": _flags("phoneFlag", "faxFlag", "emailFlag", "defaultFlag"),
    "CatalogItem": {
        **_flags(
            "inactiveFlag",
            "serializedFlag",
            "serializedCostFlag",
            "phaseProductFlag",
            "taxableFlag",
            "dropShipFlag",
            "specialOrderFlag",
            "recurringFlag",
            "recurringOneTimeFlag",
            "calculatedPriceFlag",
            "calculatedCostFlag",
        ),
        "productClass": "NonInventory",
        "billableOption": "NoDefault",
        "minStockLevel": 0,
        "price": _ZERO,
        "cost": _ZERO,
        "calculatedPrice": _ZERO,
        "calculatedCost": _ZERO,
    },
    "Agreement": {
        **_flags(
            "restrictLocationFlag",
            "restrictDepartmentFlag",
            "cancelledFlag",
            "applicationUnlimitedFlag",
            "oneTimeFlag",
            "coverAgreementTime",
            "coverAgreementProduct",
            "coverAgreementExpense",
            "coverSalesTax",
            "carryOverUnused",
            "allowOverruns",
            "expireWhenZero",
            "chargeToFirm",
            "billOneTimeFlag",
            "prorateFlag",
            "invoiceProratedAdditionsFlag",
            "autoInvoiceFlag",
        ),
        "applicationUnits": "Amount",
        "applicationLimit": _ZERO,
        "applicationCycle": "CalendarMonth",
        "employeeCompRate": "Actual",
        "employeeCompNotExceed": "Billing",
        "invoicingCycle": "ContractYear",
        "billAmount": _ZERO,
        "taxable": True,
        "billTime": "NoDefault",
        "billExpenses": "NoDefault",
        "billProducts": "NoDefault",
        "periodType": "Current",
    },
    "AgreementType": {
        **_flags("defaultFlag", "inactiveFlag", "oneTimeFlag", "billOneTimeFlag", "prorateFlag", "autoInvoiceFlag"),
        "taxableFlag": True,
    },
    "Addition": {
        **_flags("purchaseItemFlag", "specialOrderFlag", "prorateCurrentPeriodFlag"),
        "quantity": Decimal(1),
        "lessIncluded": _ZERO,
        "prorateCost": _ZERO,
        "proratePrice": _ZERO,
    },
    "BillingCycle": _flags("defaultFlag"),
    "Currency": {**_flags("displayIdFlag", "negativeParenthesesFlag", "rightAlign"), "displaySymbolFlag": True},
    "TaxCode": _flags("defaultFlag", "displayOnInvoiceFlag"),
    "Category": _flags("inactiveFlag", "defaultFlag"),
    "SubCategory": _flags("inactiveFlag", "defaultFlag"),
    "Manufacturer": _flags("inactiveFlag"),
    "ProductType": _flags("inactiveFlag", "defaultFlag"),
    "UnitOfMeasure": _flags("inactiveFlag", "defaultFlag"),
    "CallbackEntry": {
        **_flags("inactiveFlag", "isSoapCallbackFlag", "isSelfSuppressedFlag"),
        "payloadVersion": "3.0.0",
        "memberId": 7,
    },
}


def defaults_of(model_name: str) -> Mapping[str, Any]:
    """Return the defaults of one model by member."""
    return DEFAULTS.get(model_name, {})
