"""The sentences that a clerk reads about a row."""

from connectwise.creation.records import NewAgreement, NewCompany
from dataverse.psasync.records import Mapping, MappingKind
from sync_core.errors import RecordRejected
from sync_core.linking.targets import NOUNS
from sync_core.push_rows.making import Made
from sync_core.push_rows.plans import RowPlan
from sync_core.push_rows.wishes import changed_members


def message_of(made: Made, kind: MappingKind) -> str:
    """Return what became of a held row, in sentences that say what to do next where something is to be done."""
    plan = made.held.plan
    match made.ending:
        case "created" | "adopted" | "mapped":
            return " ".join([_done(made, kind), *plan.warnings, *preview_differences(plan)])
        case "objected" if plan.objection is not None:
            return plan.objection.message
        case "released":
            return f"Waiting to be sent: {_reason(made)}"
        case "refused" if made.psa_id is not None:
            half = f'The company "{made.psa_name}" is in ConnectWise, but its default contact is not: {_reason(made)}'
            # the sentence about a fault of keys or rights says itself what to do
            way_out = " Correct the account's primary contact and save again."
            return half + way_out if isinstance(made.error, RecordRejected) else half
        case _:
            return _reason(made)


def kept_message(plan: RowPlan, mapping: Mapping) -> str:
    """Return the sentence about a row that is mapped already."""
    if plan.step == "done" and mapping.status_message:
        return mapping.status_message
    return f'Already mapped to "{mapping.psa_name or mapping.psa_id}"; nothing was changed.'


def planned_message(plan: RowPlan, kind: MappingKind) -> str:
    """Return what Save would do with a row."""
    noun = NOUNS[kind][1]
    match plan.step:
        case "create" if plan.existing is not None:
            return f'Was made in ConnectWise before as {noun} "{plan.existing.name}", and will be mapped to it.'
        case "create":
            return f'Will be created in ConnectWise as {noun} "{_name_of(plan)}"{_context(plan)}.'
        case "map" if plan.target is not None:
            return f'Will be mapped to the {noun} "{plan.target.name}".'
        case "leave":
            return "Another Save is working on this row; wait until it is done."
        case "object" if plan.objection is not None:
            return plan.objection.message
        case _:
            return "" if plan.mapping is None else kept_message(plan, plan.mapping)


def preview_differences(plan: RowPlan) -> list[str]:
    """Return a sentence for each member that is not as the preview showed it."""
    if not plan.wish.previewed:
        return []
    members = plan.members
    return [
        f"Since the preview, {name} has changed to {members[name]}."
        if name in members
        else f"Since the preview, {name} is gone."
        for name in changed_members(plan.wish.previewed, members)
    ]


def _done(made: Made, kind: MappingKind) -> str:
    noun, plan = NOUNS[kind][1], made.held.plan
    match made.ending:
        case "created":
            return f'Created in ConnectWise as {noun} "{made.psa_name}"{_context(plan)}.'
        case "adopted":
            person = " and given its default contact" if plan.contact is not None else ""
            return f'Found in ConnectWise as {noun} "{made.psa_name}", made before{person}; it was not created again.'
        case _:
            return f'Mapped to the {noun} "{made.psa_name}".'


def _context(plan: RowPlan) -> str:
    record = plan.record
    if isinstance(record, NewCompany):
        contact = plan.contact
        name = "" if contact is None else f"{contact.first_name} {contact.last_name or ''}".strip()
        return f' ({record.identifier}) with the default contact "{name}"'
    return f' of the company "{plan.company.name}"' if plan.company is not None else ""


def _name_of(plan: RowPlan) -> str:
    record = plan.record
    return record.name if isinstance(record, NewCompany | NewAgreement) else plan.intent


def _reason(made: Made) -> str:
    return made.error.user_message if made.error is not None else ""
