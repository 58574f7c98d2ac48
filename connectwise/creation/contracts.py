"""Agreements: looked up and created (`sync_core.push_rows.ports.PsaContracts`)."""

from collections.abc import Collection, Sequence
from typing import Any

from connectwise.creation.part import CreationPart, texts
from connectwise.creation.records import NewAgreement, StoredAgreement
from connectwise.creation.rows import AgreementRow
from connectwise.endpoints import AGREEMENTS
from connectwise.parsing import parsed
from connectwise.queries import fields_of
from connectwise.records import CompanyId
from connectwise.texts import midnight


class ContractCreation(CreationPart):
    """The agreements of one tenant."""

    def agreements_of(self, company_ids: Collection[CompanyId]) -> Sequence[StoredAgreement]:
        """Return all agreements of these companies, in one request for some hundred companies.

        Whether `workOrder` can be searched is unknown, so markers are compared by the caller.
        """
        if not company_ids:
            return []
        wanted = sorted(set(company_ids))
        rows = self._client.rows_where_in(AGREEMENTS, "company/id", wanted, fields=fields_of(AgreementRow))
        return [parsed(AgreementRow, row, "GET", AGREEMENTS).stored() for row in rows]

    def create_agreement(self, agreement: NewAgreement, *, send_before: float) -> StoredAgreement:
        """Post the agreement once; never sent after `send_before` (monotonic clock of this process).

        Repeated only when it was certainly not carried out. Names are not unique: after a doubtful outcome look for
        the marker in `workOrder`. Raises RequestInvalid, with nothing sent, when the tenant lacks the currency.
        """
        body = agreement_body(agreement)
        if agreement.currency is not None:
            body["currency"] = {"id": self._setup.currency(agreement.currency)}
        row = self._client.create(AGREEMENTS, body, fields=fields_of(AgreementRow), send_before=send_before)
        return parsed(AgreementRow, row, "POST", AGREEMENTS).stored()


def agreement_body(agreement: NewAgreement) -> dict[str, Any]:
    """Return the body of a POST without the currency; the settings of an agreement type are always sent.

    Never with proration: the charges that are pushed are prorated already.
    """
    body: dict[str, Any] = texts({"name": (agreement.name, 100), "workOrder": (agreement.work_order, 20)})
    body |= {
        "type": {"id": agreement.type_id},
        "company": {"id": agreement.company_id},
        "contact": {"id": agreement.contact_id},
        "startDate": midnight(agreement.start_date),
        "noEndingDateFlag": agreement.end_date is None,
        "billOneTimeFlag": agreement.is_one_time,
        "prorateFlag": False,
        "employeeCompRate": agreement.employee_comp_rate,
        "employeeCompNotExceed": agreement.employee_comp_not_exceed,
        "invoicingCycle": agreement.invoicing_cycle,
        "billTime": agreement.bill_time,
        "billExpenses": agreement.bill_expenses,
        "billProducts": agreement.bill_products,
    }
    if agreement.end_date is not None:
        body["endDate"] = midnight(agreement.end_date)
    if agreement.billing_cycle_id is not None:
        body["billingCycle"] = {"id": agreement.billing_cycle_id}
    return body
