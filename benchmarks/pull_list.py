"""Open the list of unmapped companies of a large tenant: `python -m benchmarks.pull_list 50000`.

All but 1,000 companies are mapped; ConnectWise takes 200 ms a request. Writes `.local/benchmarks/pull_list.json` and
prints requests and seconds of the first page, cold and warm.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from emulators.seeds.connectwise_records import company
from emulators.seeds.currencies import USD
from emulators.seeds.dataverse_rows import ACCOUNT, mapping, row_id
from emulators.stack.stack import Stack
from tests.emulator.app.outsider import Outsider

FIRST_COMPANY = 10_000
UNMAPPED = 1_000
LATENCY_MS = 200
OUTPUT = Path(__file__).parents[1] / ".local" / "benchmarks" / "pull_list.json"
FAST = {"PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE": "60000"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("companies", nargs="?", type=int, default=50_000)
    companies = parser.parse_args().companies
    mapped = max(0, companies - UNMAPPED)
    with Stack(hosts=1, host_options=["--no-schedules"], host_variables=FAST) as stack:
        outsider = Outsider(stack)
        outsider.replace_rows(_seed(companies, mapped))
        outsider.control("connectwise", "POST", "latency", {"per_request_ms": LATENCY_MS, "model": "fixed"})
        query = f"connector_id={stack.connector_id}&mapped=unmapped"
        pages = [
            ("cold", _measure(outsider, f"pull/companies?{query}")),
            ("warm", _measure(outsider, f"pull/companies?{query}")),
            ("warm, other sort", _measure(outsider, f"pull/companies?{query}&sort=-modified")),
            ("mapped, by name", _measure(outsider, "pull/companies?" + query.replace("unmapped", "mapped&name=00001"))),
        ]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps({"companies": companies, "mapped": mapped, "pages": dict(pages)}, indent=2))
    print(f"{companies} companies, {mapped} of them mapped, {LATENCY_MS} ms a request")
    for name, page in pages:
        print(
            f"{name:18} | {page['seconds']:5} s | ConnectWise {page['connectwise']:4} | Dataverse {page['dataverse']:3}"
        )


def _seed(companies: int, mapped: int) -> dict[str, dict[str, list[Any]]]:
    names = [f"Customer {number:05d}" for number in range(companies)]
    return {
        "connectwise": {
            "/company/companies": [
                company(FIRST_COMPANY + number, f"L{number:06d}", name, USD, city="Tampa", country_id=1)
                | {"defaultContact": None}
                for number, name in enumerate(names)
            ]
        },
        "dataverse": {
            "accounts": [{"accountid": row_id("account", n), "name": names[n]} for n in range(mapped)],
            "psasync_mappings": [
                mapping(n, ACCOUNT, row_id("account", n), FIRST_COMPANY + n, names[n]) for n in range(mapped)
            ],
        },
    }


def _measure(outsider: Outsider, path: str) -> dict[str, Any]:
    for part in ("connectwise", "dataverse"):
        outsider.control(part, "DELETE", "requests")
    started = time.monotonic()
    answer = outsider.call("GET", path)
    seconds = time.monotonic() - started
    answer.raise_for_status()
    counts = {part: sum(outsider.counts(part).values()) for part in ("connectwise", "dataverse")}
    return {"seconds": round(seconds, 2), "shown": len(answer.json()["items"]), **counts}


if __name__ == "__main__":
    main()
