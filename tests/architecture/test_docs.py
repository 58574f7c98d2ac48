"""What the code offers is in the docs, and the docs speak of nothing that the code does not have.

Names are discovered from the code: whoever adds a setting, route, queue, status or code must describe it.
"""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import pytest

from dataverse.psasync.records import ItemOutcome, JobState, MappingStatus
from sync_core.classify import ERROR_CODES
from sync_core.connectors.properties import ConnectorProperties
from sync_core.push.precheck_codes import PRECHECK_CODES
from tests.architecture.documents import document, documents
from tests.architecture.source import ROOT, project_files, shipped, sources_in
from triggers import chunk_queue, settings
from triggers.identity import ROLES

SETTINGS = "docs/settings.md"
HTTP_API = "docs/http-api.md"
OPERATIONS = "docs/operations.md"

_INDEXING = """
import json, function_app
print(json.dumps([
    {"function": f.get_function_name(), "trigger": f.get_trigger().type, **json.loads(f.get_raw_bindings()[0])}
    for f in function_app.app.get_functions()
]))
"""


@cache
def functions() -> list[dict[str, Any]]:
    """The functions of the app with their triggers, as the host indexes them (once a process, so in another one)."""
    listed = subprocess.check_output([sys.executable, "-c", _INDEXING], cwd=ROOT, text=True)
    found: list[dict[str, Any]] = json.loads(listed)
    assert found
    return found


def _of_trigger(kind: str) -> list[dict[str, Any]]:
    return [function for function in functions() if function["trigger"] == kind]


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("field", sorted(settings.Settings.model_fields))
def test_every_setting_has_a_row_with_its_default(field: str) -> None:
    row = document(SETTINGS).row_of(settings.PREFIX + field.upper())
    declared = settings.Settings.model_fields[field]

    assert row, f"{settings.PREFIX}{field.upper()} is not in {SETTINGS}"
    if declared.is_required():
        assert "required" in row
    elif declared.default is not None:
        assert f"`{_default(declared.default)}`" in row


def test_the_docs_name_no_setting_that_does_not_exist() -> None:
    known = {settings.PREFIX + field.upper() for field in settings.Settings.model_fields}
    named = {
        (name, found)
        for name, page in documents().items()
        for found in re.findall(r"PSASYNC_[A-Z_]*[A-Z]", page.text)
        if found not in known and not found.startswith(settings.CREDENTIAL_PREFIX.rstrip("_"))
    }

    assert named == set()
    assert settings.CREDENTIAL_PREFIX in document(SETTINGS).text


def test_every_example_setting_is_described() -> None:
    values = json.loads((ROOT / "local.settings.example.json").read_text(encoding="utf-8"))["Values"]

    described = {name for name in values if name in document(SETTINGS).text}
    keys = {name for name in values if name.startswith(settings.CREDENTIAL_PREFIX)}

    assert keys
    assert set(values) - described == keys


@pytest.mark.parametrize("policy", sorted(ConnectorProperties.model_fields))
def test_every_policy_of_a_connector_has_a_row_with_its_default(policy: str) -> None:
    row = document(SETTINGS).row_of(policy)
    default = ConnectorProperties.model_fields[policy].default
    shown = json.dumps(default).strip('"')

    assert row, f"{policy} is not in {SETTINGS}"
    assert default is None or default == () or f"`{shown}`" in row


def test_every_route_has_a_heading() -> None:
    headings = re.findall(r"^#+ `(.+)`$", document(HTTP_API).prose, re.MULTILINE)
    routes = [
        f"{method} /api/{function['route']}"
        for function in _of_trigger("httpTrigger")
        for method in function["methods"]
    ]

    assert sorted(headings) == sorted(routes)


@pytest.mark.parametrize("queue", sorted(value for name, value in vars(chunk_queue).items() if name.endswith("_QUEUE")))
def test_every_queue_is_described(queue: str) -> None:
    assert f"`{queue}`" in document(OPERATIONS).text


def test_every_queue_that_triggers_a_function_is_one_of_them() -> None:
    named = {function["queueName"] for function in _of_trigger("queueTrigger")}

    assert named
    assert [queue for queue in named if f"`{queue}`" not in document(OPERATIONS).text] == []


def test_every_function_that_nobody_calls_is_described_with_its_schedule() -> None:
    text = document(OPERATIONS).text

    for function in (*_of_trigger("queueTrigger"), *_of_trigger("timerTrigger")):
        assert f"`{function['function']}`" in text
        assert function.get("schedule", "") in text


@pytest.mark.parametrize("status", [status.label for status in MappingStatus])
def test_every_status_word_says_what_to_do(status: str) -> None:
    assert re.search(rf"^\| \*\*{status}\*\* \|", document(OPERATIONS).text, re.MULTILINE)


@pytest.mark.parametrize("word", sorted({*(o.name.lower() for o in ItemOutcome), *(s.name.lower() for s in JobState)}))
def test_every_state_and_outcome_is_described(word: str) -> None:
    assert f"`{word}`" in document(HTTP_API).text


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_is_described(role: str) -> None:
    assert f"`{role}`" in document(HTTP_API).text
    assert f"`{role}`" in document("README.md").text


def _codes_in_the_code() -> set[str]:
    """Texts given as a `code` or in a code's place, and constants that are named like their text (`LINE_NOT_FOUND`)."""
    found = set()
    for source in (*sources_in("sync_core"), *sources_in("triggers")):
        constants = {
            target.id: node.value.value
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        found |= {text for name, text in constants.items() if isinstance(text, str) and name == text.upper()}
        for call in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
            given = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
            given += [
                argument
                for name, place in (("Problem", 1), ("_unauthorized", 0), ("Objection", 0), ("RowObjection", 0))
                if getattr(call.func, "id", "") == name
                for argument in call.args[place : place + 1]
            ]
            for value in given:
                text = constants.get(value.id) if isinstance(value, ast.Name) else getattr(value, "value", None)
                if isinstance(text, str):
                    found.add(text)
    return found


@cache
def _all_codes() -> set[str]:
    return {*_codes_in_the_code(), *ERROR_CODES, *PRECHECK_CODES}


def test_codes_are_found_in_the_code() -> None:
    assert {"request_invalid", "token_missing", "internal_error", "connector_not_found"} <= _codes_in_the_code()


def test_every_code_has_a_row() -> None:
    page = document(HTTP_API)

    assert sorted(code for code in _all_codes() if page.row_of(code) is None) == []


def test_the_docs_list_no_code_that_does_not_exist() -> None:
    tables = document(HTTP_API).text.partition("## Codes")[2]
    listed = set(re.findall(r"^\| `([a-z0-9_]+)` \|", tables, re.MULTILINE))

    assert listed
    assert listed - _all_codes() == set()


def test_every_link_leads_somewhere() -> None:
    broken = []
    for name, page in documents().items():
        for link in page.links:
            if link.startswith(("https://", "mailto:")):
                continue
            path, _, anchor = link.partition("#")
            target = (ROOT / name).parent / path if path else ROOT / name
            if not target.exists():
                broken.append(f"{name}: {link}")
                continue
            relative = target.resolve().relative_to(ROOT).as_posix()
            if anchor and anchor not in documents()[relative].anchors:
                broken.append(f"{name}: {link}")

    assert broken == []


def test_every_source_file_that_the_docs_name_exists() -> None:
    files = project_files()
    named = {
        (name, path)
        for name, page in documents().items()
        for path in re.findall(r"`([\w/.]+\.(?:py|txt|json))`", page.text)
    }
    missing = {
        (name, path) for name, path in named if not any(file == path or file.endswith(f"/{path}") for file in files)
    }

    assert {name for name, _ in named} >= {"docs/architecture.md", "README.md"}
    assert missing == {("docs/settings.md", "local.settings.json"), ("docs/settings.md", "schema.json")}


def test_every_page_is_reachable_from_the_readme() -> None:
    seen: set[str] = set()
    waiting = ["README.md"]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in documents():
            continue
        seen.add(name)
        folder = PurePosixPath(name).parent
        for link in documents()[name].links:
            target = (ROOT / folder / link.partition("#")[0]).resolve()
            if target.is_relative_to(ROOT):
                waiting.append(target.relative_to(ROOT).as_posix())
    pages = {name for name in documents() if name.startswith("docs/")}

    assert pages - seen == set()


def test_every_command_of_the_makefile_is_in_the_readme() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert targets
    assert [target for target in targets if f"`make {target}`" not in document("README.md").text] == []


def test_every_decision_is_numbered_and_says_what_and_why() -> None:
    names = sorted(name for name in documents() if re.match(r"docs/decisions/\d{4}-", name))

    assert [int(name.split("/")[-1][:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        headings = re.findall(r"^## (.+)$", documents()[name].text, re.MULTILINE)
        assert headings == ["Decision", "Why", "What follows"], name
        assert len(documents()[name].text.splitlines()) <= 60, f"{name} is longer than a page"


def test_shipped_packages_are_all_described_in_the_architecture_page() -> None:
    packages = {source.module.split(".")[0] for source in shipped()}
    text = document("docs/architecture.md").text

    assert [package for package in packages if f"`{package}" not in text] == []
