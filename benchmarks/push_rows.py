"""Create products, customers and agreements through the real parts: `python -m benchmarks.push_rows 100 1000 5000`.

Writes `.local/benchmarks/push_rows.json` and prints a table: seconds of preview and Save, requests a record to both
systems, and again for a second Save of the same rows.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from emulators.stack.stack import Stack
from tests.emulator.app import unmapped_rows as rows
from tests.emulator.app.outsider import Outsider

HOSTS = 2
VARIABLES = {
    "PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE": "60000",
    "PSASYNC_DATAVERSE_REQUESTS_PER_MINUTE": "60000",
}
OUTPUT = Path(__file__).parents[1] / ".local" / "benchmarks" / "push_rows.json"
KINDS = {"product": rows.product_id, "account": rows.account_id, "billing_contract": rows.contract_id}


def measure(outsider: Outsider, size: int) -> list[dict[str, Any]]:
    """Create so many rows of each kind, save them again, and return what it took."""
    rows.use(outsider, rows.seed(products=size, accounts=size, contracts=size))
    results = []
    for kind, row_id in KINDS.items():
        wishes = rows.wishes(*(row_id(number) for number in range(size)))
        started = time.monotonic()
        preview = outsider.save(kind, wishes, route="push/preview")
        preview.raise_for_status()
        previewed = time.monotonic() - started
        first, again = _save(outsider, kind, wishes), _save(outsider, kind, wishes)
        if (first["counts"]["created"], again["counts"]["unchanged"]) != (size, size):
            raise SystemExit(f"{kind}: {first}, then {again}")
        results.append(
            {"kind": kind, "rows": size, "preview_seconds": round(previewed, 1), "first": first, "again": again}
        )
    return results


def _save(outsider: Outsider, kind: str, wishes: list[dict[str, Any]]) -> dict[str, Any]:
    outsider.forget_requests()
    started = time.monotonic()
    answer = outsider.save(kind, wishes)
    answer.raise_for_status()
    accepted = time.monotonic() - started
    looks = 0
    while True:
        looks += 1
        job = outsider.job(answer.json()["job_id"])
        if job["state"] not in {"queued", "running"}:
            break
        time.sleep(0.25)
    seconds = time.monotonic() - started
    requests = {part: sum(outsider.counts(part).values()) for part in ("connectwise", "dataverse")}
    # each look at the job is one request of ours
    requests["dataverse"] -= looks
    return {"accepted": round(accepted, 1), "seconds": round(seconds, 1), **requests, "counts": job["counts"]}


def main() -> None:
    """Measure the given sizes, write the JSON and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("sizes", nargs="*", type=int, default=[100, 1000, 5000])
    sizes = parser.parse_args().sizes
    with Stack(hosts=HOSTS, host_variables=VARIABLES, host_options=["--no-schedules"]) as stack:
        outsider = Outsider(stack)
        results = [result for size in sizes for result in measure(outsider, size)]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps({"hosts": HOSTS, "results": results}, indent=2), encoding="utf-8")
    print("kind             |  rows | run   | preview s | accepted s | seconds | ConnectWise a row | Dataverse a row")
    for result in results:
        for run in ("first", "again"):
            took, size = result[run], result["rows"]
            print(
                f"{result['kind']:16} | {size:5} | {run:5} | {result['preview_seconds']:9} | {took['accepted']:10} | "
                f"{took['seconds']:7} | {took['connectwise'] / size:17.3f} | {took['dataverse'] / size:15.3f}"
            )


if __name__ == "__main__":
    main()
