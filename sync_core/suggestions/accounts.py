"""Which company an account is: by name, raised or lowered by domain, phone, place and number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from connectwise.candidates.records import CompanyCandidate
from dataverse.work365.linked.records import AccountEvidence, LinkedRow
from sync_core.suggestions.choosing import bounded
from sync_core.suggestions.evidence import domain_of_email, domain_of_website, is_same_phone, phone_digits, phone_key
from sync_core.suggestions.name_index import NameIndex
from sync_core.suggestions.records import IsFree, Scored
from sync_core.suggestions.texts import Name, folded, likeness, lowered, name_of, plain_words

SAME_NAME = 80
PART_OF_NAME = 42
LEAST_ALIKE = 60
"""A name that is less alike gives no points; each percent above gives 1.8."""
OTHER_LEGAL_FORM = 6
SAME_NUMBER, SAME_DOMAIN, SAME_PHONE, SAME_POSTAL_CODE, SAME_CITY, SAME_ADDRESS = 15, 20, 12, 6, 4, 4
OTHER_DOMAIN, OTHER_CITY = 8, 6
RENAMED = 65
"""Another name, but the same domain and the same phone or postal code."""
MOST_SHARING = 5
"""A domain or phone number of more companies belongs to somebody who looks after them."""
SHORTEST_PART = 5
LONGEST_NAME, CUT_FROM = 50, 40
"""ConnectWise keeps that much of a name (connectwise: 9.1); a name of at least `CUT_FROM` may be one that was cut."""

NO_EVIDENCE = AccountEvidence()


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one side, in forms that can be compared; `domains` with the words that name their origin."""

    name: Name
    number: str
    domains: Mapping[str, str]
    phone: str | None
    postal_code: str
    city: str
    address: str


class AccountFinder:
    """Finds companies among those of one tenant."""

    def __init__(self, companies: Iterable[CompanyCandidate]) -> None:
        self._companies = sorted(companies, key=lambda company: company.psa_id)
        self._known = [_known_of_company(company) for company in self._companies]
        self._names = NameIndex([known.name for known in self._known])
        self._by_evidence: dict[str, list[int]] = defaultdict(list)
        for position, known in enumerate(self._known):
            for key in _keys(known):
                self._by_evidence[key].append(position)

    def scored(self, row: LinkedRow, is_free: IsFree) -> list[Scored]:
        """Return the candidates of an account."""
        wanted = self._without_what_many_share(_known_of_row(row))
        positions = {position for position, _ in self._names.alike(wanted.name)}
        if len(row.name) > LONGEST_NAME:
            positions.update(position for position, _ in self._names.alike(name_of(row.name[:LONGEST_NAME])))
        for key in _keys(wanted):
            positions.update(self._by_evidence.get(key, ()))
        return [
            _scored(row.name, wanted, self._companies[position], self._known[position])
            for position in sorted(positions)
            if is_free(self._companies[position].psa_id)
        ]

    def _without_what_many_share(self, known: _Known) -> _Known:
        """Forget domains and phone numbers that say nothing, because many companies have them."""
        domains = {
            domain: kind
            for domain, kind in known.domains.items()
            if len(self._by_evidence.get(f"domain {domain}", ())) <= MOST_SHARING
        }
        phone = known.phone
        if phone is not None and len(self._by_evidence.get(f"phone {phone_key(phone)}", ())) > MOST_SHARING:
            phone = None
        return replace(known, domains=domains, phone=phone)


def _known_of_company(company: CompanyCandidate) -> _Known:
    domain = domain_of_website(company.website)
    return _Known(
        name=name_of(company.name),
        number=folded(company.identifier),
        domains={} if domain is None else {domain: "domain"},
        phone=phone_digits(company.phone),
        postal_code=folded(company.postal_code or ""),
        city="".join(plain_words(company.city or "")),
        address="".join(plain_words(company.address_line1 or "")),
    )


def _known_of_row(row: LinkedRow) -> _Known:
    evidence = row.evidence if isinstance(row.evidence, AccountEvidence) else NO_EVIDENCE
    domains = {domain: "e-mail domain" for email in evidence.emails if (domain := domain_of_email(email)) is not None}
    website = domain_of_website(evidence.website)
    return _Known(
        name=name_of(row.name),
        number=folded(row.number or ""),
        domains=domains if website is None else {**domains, website: "domain"},
        phone=phone_digits(evidence.phone),
        postal_code=folded(evidence.postal_code or ""),
        city="".join(plain_words(evidence.city or "")),
        address="".join(plain_words(evidence.address_line1 or "")),
    )


def _keys(known: _Known) -> list[str]:
    """Return what companies are found by beside their names."""
    keys = [f"domain {domain}" for domain in known.domains]
    keys += [f"phone {phone_key(known.phone)}"] if known.phone else []
    return keys + ([f"number {known.number}"] if known.number else [])


def _scored(row_name: str, wanted: _Known, company: CompanyCandidate, known: _Known) -> Scored:
    points, reasons = _name_points(row_name, wanted.name, company, known.name)
    is_twin = points >= SAME_NAME - OTHER_LEGAL_FORM
    shared = next((domain for domain in wanted.domains if domain in known.domains), None)
    has_same_phone = wanted.phone is not None and known.phone is not None and is_same_phone(wanted.phone, known.phone)
    if wanted.number and wanted.number == known.number:
        points += SAME_NUMBER
        reasons.append(f"The same number {company.identifier}")
    if shared is not None:
        points += SAME_DOMAIN
        reasons.append(f"The same {wanted.domains[shared]} {shared}")
    elif wanted.domains and known.domains:
        points -= OTHER_DOMAIN
        reasons.append(f"Another domain in ConnectWise: {next(iter(known.domains))}")
    if has_same_phone:
        points += SAME_PHONE
        reasons.append(f"The same phone number {company.phone}")
    place_points, place_reasons = _place_points(wanted, known, company)
    points += place_points
    if shared is not None and (has_same_phone or wanted.postal_code == known.postal_code != ""):
        points = max(points, RENAMED)
    return Scored(
        psa_id=company.psa_id,
        name=company.name,
        identifier=company.identifier or None,
        score=bounded(points),
        reasons=(*reasons, *place_reasons),
        trait=f"in {company.city}" if company.city else None,
        is_twin=is_twin,
    )


def _name_points(row_name: str, wanted: Name, company: CompanyCandidate, known: Name) -> tuple[int, list[str]]:
    """Return the points of the name and what is said about it."""
    alike = likeness(wanted, known)
    if wanted.joined == known.joined != "":
        is_written_alike = lowered(row_name) == lowered(company.name)
        reasons = ["The same name" if is_written_alike else "The same name apart from punctuation and legal form"]
        if wanted.legal_forms and known.legal_forms and not wanted.legal_forms & known.legal_forms:
            reasons.append(f"Another legal form in ConnectWise: {company.name}")
            return SAME_NAME - OTHER_LEGAL_FORM, reasons
        return SAME_NAME, reasons
    if len(company.name) >= CUT_FROM and lowered(row_name).startswith(lowered(company.name)):
        return SAME_NAME, ["The same name as far as ConnectWise keeps it"]
    for_likeness = (alike - LEAST_ALIKE) * 9 // 5 if alike > LEAST_ALIKE else 0
    if for_likeness < PART_OF_NAME and _is_part(wanted, known):
        return PART_OF_NAME, ["One name is a part of the other"]
    return for_likeness, [f"Name is {alike} % alike"] if for_likeness else []


def _is_part(one: Name, other: Name) -> bool:
    """Tell whether all words of one name are in the other, and are more than a syllable."""
    shorter, longer = sorted((one, other), key=lambda name: len(name.joined))
    is_long_enough = len(shorter.joined) >= SHORTEST_PART and one.digits == other.digits
    return is_long_enough and set(shorter.words) <= set(longer.words)


def _place_points(wanted: _Known, known: _Known, company: CompanyCandidate) -> tuple[int, list[str]]:
    """Return the points of postal code, city and address; what is not known on both sides says nothing."""
    points, reasons = 0, []
    if wanted.postal_code and wanted.postal_code == known.postal_code:
        points += SAME_POSTAL_CODE
        reasons.append(f"The same postal code {company.postal_code}")
    if wanted.address and wanted.address == known.address:
        points += SAME_ADDRESS
        reasons.append(f"The same address {company.address_line1}")
    if wanted.city and known.city:
        is_same = wanted.city == known.city
        points += SAME_CITY if is_same else -OTHER_CITY
        reasons.append(f"The same city {company.city}" if is_same else f"Another city in ConnectWise: {company.city}")
    return points, reasons
