"""Suggest companies for many accounts at once: `python -m benchmarks.suggestions 5000 20000`.

Half of the accounts are written otherwise than their company; ConnectWise takes 200 ms a request. Writes
`.local/benchmarks/suggestions.json` and prints requests and seconds of a page and of all rows, cold and warm, and how
many of the accounts found their own company.
"""

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any

from emulators.seeds.connectwise_records import company
from emulators.seeds.currencies import USD
from emulators.seeds.dataverse_rows import row_id
from emulators.stack.stack import Stack
from tests.emulator.app.outsider import Outsider

FIRST_COMPANY = 10_000
LATENCY_MS = 200
OUTPUT = Path(__file__).parents[1] / ".local" / "benchmarks" / "suggestions.json"
FAST = {"PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE": "60000"}
CITIES = ("Graz", "Tampa", "Leeds", "Oslo", "Perth", "Turin", "Lyon")
FORMS = ("Ltd", "Limited", "Inc", "GmbH", "AG", "LLC", "BV", "")
ENDINGS = ("Group", "Services", "Solutions", "Partners", "Consulting", "Logistics", "Foods", "Media", "")
SYLLABLES = [first + second + third for first in "bdfkmnrstv" for second in "aeiou" for third in ("", "n", "r")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("accounts", nargs="?", type=int, default=5_000)
    parser.add_argument("companies", nargs="?", type=int, default=20_000)
    asked = parser.parse_args()
    seed, own = _seed(asked.accounts, asked.companies)
    with Stack(hosts=1, host_options=["--no-schedules"], host_variables=FAST) as stack:
        outsider = Outsider(stack)
        outsider.replace_rows(seed)
        outsider.control("connectwise", "POST", "latency", {"per_request_ms": LATENCY_MS, "model": "fixed"})
        page = f"push/accounts?connector_id={stack.connector_id}&view=unmapped"
        everything = f"push/accounts/suggestions?connector_id={stack.connector_id}&limit=5000"
        runs = [
            ("all rows, cold", *_measure(outsider, everything)),
            ("all rows, warm", *_measure(outsider, everything)),
            ("a page of 50, warm", *_measure(outsider, page)),
        ]
    found = {item["id"]: item["suggestion"] for item in runs[0][2]["items"]}
    quality = {
        "suggested": len(found),
        "own company": sum(one["psa_id"] == own[account] for account, one in found.items()),
        "another one, without a warning": sum(
            one["psa_id"] != own[account] and one["ambiguous"] is None for account, one in found.items()
        ),
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    result = {"accounts": asked.accounts, "companies": asked.companies, "runs": {one[0]: one[1] for one in runs}}
    OUTPUT.write_text(json.dumps(result | {"quality": quality}, indent=2))
    print(f"{asked.accounts} accounts, {asked.companies} companies, {LATENCY_MS} ms a request")
    for name, run, _ in runs:
        print(f"{name:18} | {run['seconds']:5} s | ConnectWise {run['connectwise']:3} | Dataverse {run['dataverse']:3}")
    print(", ".join(f"{name}: {count}" for name, count in quality.items()))


def _seed(accounts: int, companies: int) -> tuple[dict[str, dict[str, list[Any]]], dict[str, int]]:
    """Return the rows, and the company of each account."""
    chance = random.Random(5)  # noqa: S311  made-up names, no secrets
    names = list(dict.fromkeys(_name(chance) for _ in range(2 * companies)))[:companies]
    cities = [chance.choice(CITIES) for _ in names]
    chosen = chance.sample(range(len(names)), min(accounts, len(names)))
    rows = [
        {
            "accountid": row_id("account", number),
            "name": f"{_written(names[at], chance)} {chance.choice(FORMS)}".strip(),
            "address1_city": cities[at],
        }
        for number, at in enumerate(chosen)
    ]
    records = [
        company(
            FIRST_COMPANY + at, f"C{at:06d}", f"{name} {chance.choice(FORMS)}".strip(), USD, city=city, country_id=1
        )
        | {"defaultContact": None}
        for at, (name, city) in enumerate(zip(names, cities, strict=True))
    ]
    own = {row_id("account", number): FIRST_COMPANY + at for number, at in enumerate(chosen)}
    return {"connectwise": {"/company/companies": records}, "dataverse": {"accounts": rows}}, own


def _name(chance: random.Random) -> str:
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 3))).title() for _ in range(chance.randint(1, 2))]
    return " ".join([*words, chance.choice(ENDINGS)]).strip()


def _written(name: str, chance: random.Random) -> str:
    """Return the name, every other time with a letter left out."""
    at = chance.randrange(len(name))
    return name if chance.getrandbits(1) else name[:at] + name[at + 1 :]


def _measure(outsider: Outsider, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    for part in ("connectwise", "dataverse"):
        outsider.control(part, "DELETE", "requests")
    started = time.monotonic()
    answer = outsider.call("GET", path)
    seconds = time.monotonic() - started
    answer.raise_for_status()
    counts = {part: sum(outsider.counts(part).values()) for part in ("connectwise", "dataverse")}
    return {"seconds": round(seconds, 2), **counts}, answer.json()


if __name__ == "__main__":
    main()
