"""Import many agreements through the real parts and count requests: `python -m benchmarks.pull 100 1000 10000`.

Writes `.local/benchmarks/pull.json` and prints a table. Beside the measured requests stands the smallest number that
the two APIs would allow: ConnectWise lists 1,000 records a request; Dataverse takes 1,000 operations a batch, and an
import reads mappings and rows, writes a contract, an integration record and a job item each, and settles the item.
"""

import argparse
import json
import resource
import time
import uuid
from pathlib import Path
from typing import Any

from emulators.seeds.connectwise_records import agreement, company, contact
from emulators.seeds.currencies import USD
from emulators.seeds.dataverse_rows import ACCOUNT, mapping, row_id
from emulators.stack.stack import Stack
from tests.emulator.app.outsider import Outsider

HOSTS = 3
AGREEMENTS_A_COMPANY = 10
FIRST_COMPANY, FIRST_AGREEMENT = 10_000, 100_000
VARIABLES = {
    "PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE": "60000",
    "PSASYNC_DATAVERSE_REQUESTS_PER_MINUTE": "60000",
}
OUTPUT = Path(__file__).parents[1] / ".local" / "benchmarks" / "pull.json"


def seed(agreements: int) -> dict[str, dict[str, list[Any]]]:
    """Return `agreements` agreements of companies that are mapped."""
    companies = -(-agreements // AGREEMENTS_A_COMPANY)
    return {
        "connectwise": {
            "/company/companies": [
                company(FIRST_COMPANY + n, f"B{n:06d}", f"Customer {n:05d}", USD, city="Tampa", country_id=1)
                for n in range(companies)
            ],
            "/company/contacts": [
                contact(FIRST_COMPANY + n, "Pat", "Sample", f"pat{n}@bulk.example") for n in range(companies)
            ],
            "/finance/agreements": [
                agreement(FIRST_AGREEMENT + n, f"Cloud {n:05d}", FIRST_COMPANY + n // AGREEMENTS_A_COMPANY, USD)
                for n in range(agreements)
            ],
        },
        "dataverse": {
            "accounts": [{"accountid": row_id("account", n), "name": f"Customer {n:05d}"} for n in range(companies)],
            "psasync_mappings": [
                mapping(n, ACCOUNT, row_id("account", n), FIRST_COMPANY + n, f"Customer {n:05d}")
                for n in range(companies)
            ],
        },
    }


def measure(outsider: Outsider, agreements: int) -> dict[str, Any]:
    """Import them, import them again, and return what it took."""
    outsider.replace_rows(seed(agreements))
    first = _import(outsider, agreements)
    again = _import(outsider, agreements)
    proof = {
        "created": first.pop("counts")["created"],
        "unchanged": again.pop("counts")["unchanged"],
        "contracts": len(outsider.rows("work365_billingcontracts")),
    }
    if set(proof.values()) != {agreements}:
        raise SystemExit(f"the import of {agreements} agreements went wrong: {proof}")
    return {"agreements": agreements, "first": first, "again": again, "least": least_requests(agreements)}


def least_requests(agreements: int) -> dict[str, int]:
    """Return the smallest numbers of requests that the two APIs would allow for a first import."""
    thousands = -(-agreements // 1000)
    reads, writes, job = 1, 4 * thousands, 2
    return {"connectwise": thousands + 1, "dataverse": reads + writes + job}


def _import(outsider: Outsider, agreements: int) -> dict[str, Any]:
    for part in ("connectwise", "dataverse"):
        outsider.control(part, "DELETE", "requests")
    started = time.monotonic()
    body = {
        "connector_id": outsider.stack.connector_id,
        "kind": "agreement",
        "items": [{"psa_id": FIRST_AGREEMENT + n} for n in range(agreements)],
        "idempotency_key": str(uuid.uuid4()),
    }
    answer = outsider.call("POST", "pull", body)
    answer.raise_for_status()
    job_id = answer.json()["job_id"]
    looks = 0
    while True:
        looks += 1
        job = outsider.job(job_id)
        if job["state"] not in {"queued", "running"}:
            break
        time.sleep(0.5)
    seconds = time.monotonic() - started
    requests = {part: sum(outsider.counts(part).values()) for part in ("connectwise", "dataverse")}
    # each look at the job is one request of ours, not of the import
    requests["dataverse"] -= looks
    return {"seconds": round(seconds, 1), **requests, "counts": job["counts"]}


def main() -> None:
    """Measure the given sizes, write the JSON and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("sizes", nargs="*", type=int, default=[100, 1000, 10_000])
    sizes = parser.parse_args().sizes
    options = ["--no-schedules"]
    with Stack(hosts=HOSTS, host_variables=VARIABLES, host_options=options) as stack:
        outsider = Outsider(stack)
        results = [measure(outsider, size) for size in sizes]
        workers = [_peak_mib(pid) for pid in stack.document()["processes"]["functions"]]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    report = {"hosts": HOSTS, "peak_mib_of_hosts": workers, "results": results}
    OUTPUT.write_text(json.dumps(report, indent=2), encoding="utf-8")
    print_table(results)
    print(f"peak memory of the hosts: {', '.join(f'{mib} MiB' for mib in workers)}; details in {OUTPUT.name}")


def print_table(results: list[dict[str, Any]]) -> None:
    """Print one line a size and run."""
    print("agreements | run   | seconds | ConnectWise (a record) | least | Dataverse (a record) | least")
    for result in results:
        count = result["agreements"]
        for run in ("first", "again"):
            took, least = result[run], result["least"]
            print(
                f"{count:10} | {run:5} | {took['seconds']:7} | "
                f"{took['connectwise']:11} ({took['connectwise'] / count:.4f}) | {least['connectwise']:5} | "
                f"{took['dataverse']:9} ({took['dataverse'] / count:.4f}) | {least['dataverse']:5}"
            )


def _peak_mib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    main()
