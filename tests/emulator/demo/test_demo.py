"""What a person sees first: nothing is mapped, then everything is, and the month is in ConnectWise to the cent."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from emulators.stack.part import ROOT

pytestmark = pytest.mark.emulator

RIGHT = "Every pushed line is in ConnectWise once and to the cent; what differs was skipped for the reason shown."
ALL_MAPPED = ["25 of 25 are mapped.", "40 of 40 are mapped.", "60 of 60 are mapped."]
REASONS = {"bundle header", "invoice cancelled", "invoice paid", "write in without product", "zero quantity"}


def shown_by_demo(data: Path) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--data", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def cells(text: str, title: str) -> list[str]:
    """The cells of the row of a table that begins with this title."""
    (row,) = (line for line in text.splitlines() if line.startswith(title))
    return re.split(r" {2,}", row.strip())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What the demo says on its first day and when it is pressed again."""
    data = tmp_path_factory.mktemp("demo")
    return shown_by_demo(data), shown_by_demo(data)


def test_everything_is_mapped_by_suggestion_and_by_add_new(runs: tuple[str, str]) -> None:
    first, _ = runs
    assert re.findall(r"\d+ of \d+ are mapped\.", first) == ALL_MAPPED
    assert "25 to do. Preview: map 5, create 20, blocked 0." in first
    assert "40 to do. Preview: map 7, create 31, blocked 2." in first
    assert "2 to do. Preview: map 1, create 1, blocked 0." in first
    assert "60 to do. Preview: map 4, create 56, blocked 0." in first


def test_what_is_blocked_says_the_next_step_and_is_done_in_the_system_that_lacks_it(runs: tuple[str, str]) -> None:
    first, second = runs
    assert 'Blocked: The account "Relecloud" has no primary contact' in first
    assert "In Work 365, Xena Blum becomes the primary contact." in first
    assert 'Blocked: The company "Proseware" has no default contact' in first
    assert "In ConnectWise, Wes Long becomes the default contact." in first
    assert "Blocked:" not in second


@pytest.mark.parametrize(("title", "created"), [("Products", 20), ("Customers", 32), ("Agreements", 56)])
def test_no_record_takes_more_requests_to_connectwise_than_promised(
    runs: tuple[str, str], title: str, created: int
) -> None:
    shown = cells(runs[0], title + " ")
    assert int(shown[2]) == created
    assert int(shown[3]) <= int(shown[5]) * created
    assert "too many" not in runs[0]


def test_the_month_is_pushed_and_only_lines_are_left_out_that_must_be(runs: tuple[str, str]) -> None:
    first, _ = runs
    assert RIGHT in first
    table = first[first.index("Invoice  ") : first.index("Total ")]
    assert {reason for _, reason in re.findall(r"(\d+) ([a-z][a-z ]+[a-z])", table)} <= REASONS
    for currency in ("EUR", "JPY", "USD"):
        assert cells(first, f"Total {currency}")[-1].endswith("unexplained")


def test_pressed_again_it_maps_nothing_anew_and_pushes_nothing_twice(runs: tuple[str, str]) -> None:
    first, second = runs
    assert re.findall(r"\d+ of \d+ are mapped\.", second) == ALL_MAPPED
    assert "to do." not in second
    assert RIGHT in second
    for currency in ("EUR", "JPY", "USD"):
        before, after = cells(first, f"Total {currency}"), cells(second, f"Total {currency}")
        assert (after[2], after[3]) == ("0", before[2])
        assert after[4:] == before[4:]
