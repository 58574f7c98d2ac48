"""Which agreement a billing contract is: one of the mapped company, by name, billing cycle and start date."""

from collections import defaultdict
from collections.abc import Iterable

from connectwise.candidates.records import AgreementCandidate
from dataverse.work365.linked.records import ContractEvidence, Frequency, LinkedRow
from sync_core.suggestions.choosing import bounded
from sync_core.suggestions.records import IsFree, Scored
from sync_core.suggestions.terms import Term, spelt_terms
from sync_core.suggestions.texts import Name, likeness, name_of

SAME_NAME, NAME_INSIDE, LEAST_ALIKE = 65, 62, 60
ONLY_ONE, SAME_CYCLE, SAME_START, NEAR_START = 30, 15, 15, 7
OTHER_CYCLE, OTHER_ONE_TIME = 15, 25
NEAR_DAYS = 31

_FREQUENCIES: dict[Term, Frequency] = {
    "monthly": Frequency.MONTHLY,
    "quarterly": Frequency.QUARTERLY,
    "annual": Frequency.ANNUAL,
}
NO_EVIDENCE = ContractEvidence()

_ONLY_BY_COUNT = (
    "It is the company's only agreement, and its name says nothing about the contract; check that it is meant."
)


class ContractFinder:
    """Finds agreements among those of one tenant."""

    def __init__(self, agreements: Iterable[AgreementCandidate]) -> None:
        self._by_company: dict[int, list[AgreementCandidate]] = defaultdict(list)
        for agreement in sorted(agreements, key=lambda one: one.psa_id):
            self._by_company[agreement.company_id].append(agreement)

    def scored(self, row: LinkedRow, company_id: int | None, is_free: IsFree) -> list[Scored]:
        """Return the candidates of a billing contract whose account is mapped to this company; none when it is not."""
        if company_id is None:
            return []
        free = [one for one in self._by_company.get(company_id, ()) if is_free(one.psa_id)]
        return [_scored(row, agreement, is_only=len(free) == 1) for agreement in free]


def _scored(row: LinkedRow, agreement: AgreementCandidate, *, is_only: bool) -> Scored:
    evidence = row.evidence if isinstance(row.evidence, ContractEvidence) else NO_EVIDENCE
    wanted, known = name_of(row.name), name_of(agreement.name)
    points, reasons = _name_points(row.name, wanted, known)
    doubt = None if points or not is_only else _ONLY_BY_COUNT
    if is_only:
        points += ONLY_ONE
        reasons.append("The only agreement of this company that can be mapped")
    for more_points, reason in (_cycle_points(evidence, agreement), _start_points(evidence, agreement)):
        points += more_points
        reasons += [reason] if reason else []
    return Scored(
        psa_id=agreement.psa_id,
        name=agreement.name,
        identifier=None,
        score=bounded(points, doubt=doubt),
        reasons=tuple(reasons),
        doubt=doubt,
        trait=_trait(agreement),
        is_twin=wanted.joined == known.joined != "",
    )


def _name_points(name: str, wanted: Name, known: Name) -> tuple[int, list[str]]:
    alike = likeness(wanted, known)
    if alike == 100:
        return SAME_NAME, ["The same name"]
    if _is_inside(wanted, known):
        return NAME_INSIDE, [f"Its name holds {name}"]
    points = (alike - LEAST_ALIKE) * 7 // 5 if alike > LEAST_ALIKE else 0
    return points, [f"Name is {alike} % alike"] if points else []


def _is_inside(wanted: Name, known: Name) -> bool:
    """Tell whether the numbered name stands whole in the other one (BC-1814 in "Cloud subscriptions BC-1814")."""
    if not wanted.digits:
        return False
    length = len(wanted.words)
    return any(known.words[start : start + length] == wanted.words for start in range(len(known.words) - length + 1))


def _cycle_points(evidence: ContractEvidence, agreement: AgreementCandidate) -> tuple[int, str | None]:
    """Return the points of the billing cycle; One Time is a flag in ConnectWise, not a cycle (domain: 3.1)."""
    if evidence.frequency is None:
        return 0, None
    if (evidence.frequency is Frequency.ONE_TIME) is not agreement.is_one_time:
        return -OTHER_ONE_TIME, "Only one of the two is one-time"
    if agreement.is_one_time:
        return SAME_CYCLE, "Both are one-time"
    cycle = _frequency(agreement.billing_cycle)
    if cycle is None:
        return 0, None
    if cycle is evidence.frequency:
        return SAME_CYCLE, f"Both are billed {agreement.billing_cycle}"
    return -OTHER_CYCLE, f"Another billing cycle in ConnectWise: {agreement.billing_cycle}"


def _frequency(cycle: str | None) -> Frequency | None:
    """Return what a tenant's own name of a billing cycle means, None when it says nothing or several things."""
    found = spelt_terms(cycle or "")
    return _FREQUENCIES.get(next(iter(found))) if len(found) == 1 else None


def _start_points(evidence: ContractEvidence, agreement: AgreementCandidate) -> tuple[int, str | None]:
    if evidence.start_date is None or agreement.start_date is None:
        return 0, None
    days = abs((evidence.start_date - agreement.start_date).days)
    if days == 0:
        return SAME_START, f"Both start on {agreement.start_date.isoformat()}"
    return (NEAR_START, f"Start dates are {days} days apart") if days <= NEAR_DAYS else (0, None)


def _trait(agreement: AgreementCandidate) -> str | None:
    """Return what tells agreements of one name apart."""
    cycle = "one-time" if agreement.is_one_time else agreement.billing_cycle and f"billed {agreement.billing_cycle}"
    start = None if agreement.start_date is None else f"from {agreement.start_date.isoformat()}"
    return " ".join(part for part in (cycle, start) if part) or None
