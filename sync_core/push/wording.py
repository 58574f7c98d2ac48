"""The sentences that a clerk reads about a line."""

from decimal import Decimal

from connectwise.records import Addition
from sync_core.money import plain
from sync_core.push.decisions import Decision
from sync_core.push.posting import LineResult


def message_of(result: LineResult, previewed_amount: Decimal | None) -> str:
    """Return what happened to the line, in sentences that say what to do next where something is to be done."""
    decision = result.held.decision
    match result.ending:
        case "posted" | "adopted":
            sentences = [_in_psa(result)]
            if decision.plan is not None:
                sentences.extend(decision.plan.warnings)
                sentences.extend(_preview_difference(decision, previewed_amount))
            return " ".join(sentences)
        case "objected" if decision.objection is not None:
            return decision.objection.message
        case "released":
            reason = result.error.user_message if result.error is not None else ""
            return f"Waiting to be sent: {reason}"
        case _:
            return result.error.user_message if result.error is not None else ""


def _in_psa(result: LineResult) -> str:
    addition = result.addition
    assert addition is not None  # noqa: S101  posted and adopted lines have one
    place = f"agreement {result.agreement_id}"
    facts = result.held.decision.facts
    if facts is not None and facts.agreement is not None and facts.agreement.id == result.agreement_id:
        place = f'agreement "{facts.agreement.name}"'
    amount = plain(addition.quantity) + " x " + plain(addition.unit_price, 2)
    if result.ending == "posted":
        return f"Added to {place} as addition {addition.id}: {amount}."
    if result.copies > 1:
        return (
            f"Found in {place} {result.copies} times, the first as addition {addition.id}; "
            "delete the other copies in ConnectWise."
        )
    return _adopted(result, place, addition, amount)


def _adopted(result: LineResult, place: str, addition: Addition, amount: str) -> str:
    sentence = f"Found in {place} as addition {addition.id}: {amount}; nothing was added."
    plan = result.held.decision.plan
    if plan is not None and result.bills_other_amount:
        sentence += f" The line amounts to {plan.net_amount:f} now; correct the addition if that is right."
    return sentence


def _preview_difference(decision: Decision, previewed_amount: Decimal | None) -> list[str]:
    plan = decision.plan
    if plan is None or previewed_amount is None or previewed_amount == plan.net_amount:
        return []
    decimals = decision.facts.currency.decimals if decision.facts and decision.facts.currency else 2
    shown, difference = plain(previewed_amount, decimals), plain(plan.net_amount - previewed_amount, decimals)
    return [f"The preview showed {shown}; the line was changed since, the difference is {difference}."]
