"""The rules that one file can break; each is first shown to see a breach, then held against the project."""

from collections.abc import Callable

import pytest

from tests.architecture import rules
from tests.architecture.source import SHIPPED, UNSHIPPED, Source, project_files, shipped, sources, sources_in

Rule = Callable[[Source], list[str]]

BROAD_EXCEPTS: dict[str, str] = {
    "triggers.http": "an HTTP function answers problem+json even to a bug, with a reference for the log",
}
"""Modules that may catch everything, and why: the outermost edge of a worker."""


EXACT_ROUNDS: dict[str, str] = {
    "sync_core.mapping.line_texts": "the percentage of a discount in a text; no amount comes from it",
}
"""Modules of the core that call round(), and why no cent is lost."""


def _breaches(rule: Rule, files: list[Source]) -> list[str]:
    return [breach for source in files for breach in rule(source)]


def _everything_but_tests() -> list[Source]:
    return [source for source in sources() if not source.within("tests")]


def _imports_of_azure_functions(source: Source) -> list[str]:
    return rules.imports_of(source, "azure.functions")


def _imports_of_requests(source: Source) -> list[str]:
    return rules.imports_of(source, "requests", "urllib3", "http.client", "urllib.request")


@pytest.mark.parametrize(
    ("rule", "breach"),
    [
        (rules.broad_excepts, "try:\n    pass\nexcept Exception:\n    pass\n"),
        (rules.broad_excepts, "try:\n    pass\nexcept:\n    pass\n"),
        (rules.broad_excepts, "try:\n    pass\nexcept (ValueError, BaseException):\n    pass\n"),
        (rules.binary_fractions, "price = float('1.10')\n"),
        (rules.binary_fractions, "price = round(price, 2)\n"),
        (rules.empty_names, "def process_lines() -> None: ...\n"),
        (rules.empty_names, "class AdditionManager: ...\n"),
        (rules.empty_names, "class A:\n    async def handleMessage(self) -> None: ...\n"),
        (rules.bare_ids, "def read(*, id: str) -> None: ...\n"),
        (rules.missing_docstrings, "def push() -> None: ...\n"),
        (rules.missing_docstrings, '"""A module."""\nclass Push:\n    """A push."""\n    def run(self) -> None: ...\n'),
        (rules.unexplained_suppressions, "import os  # noqa: F401\n"),
        (rules.unexplained_suppressions, "a = 1  # type: ignore[assignment]\n"),
        (rules.unexplained_suppressions, "a = 1  # pragma: no cover\n"),
        (rules.environment_reads, "import os\nflag = os.environ['A']\n"),
        (rules.environment_reads, "from os import getenv\n"),
        (rules.knowledge_of_tests, "def send(dry_run: bool) -> None: ...\n"),
        (rules.knowledge_of_tests, "if host == 'azurite': ...\n"),
        (_imports_of_azure_functions, "import azure.functions as func\n"),
        (_imports_of_azure_functions, "from azure import functions\n"),
        (_imports_of_requests, "def fetch():\n    from requests import get\n"),
    ],
)
def test_each_rule_sees_a_breach(rule: Rule, breach: str) -> None:
    assert rule(Source("sync_core/example.py", breach))


@pytest.mark.parametrize(
    ("rule", "innocent"),
    [
        (rules.broad_excepts, "try:\n    pass\nexcept ValueError:\n    pass\n"),
        (rules.empty_names, "class ProcessingFault: ...\ndef postprocessed() -> None: ...\n"),
        (rules.unexplained_suppressions, "import os  # noqa: F401 - re-exported for the host\n"),
        (rules.unexplained_suppressions, "a = 1  # type: ignore[assignment]  # the stub is wrong here\n"),
        (rules.knowledge_of_tests, '"""Runs against the emulator too."""\n'),
        (_imports_of_azure_functions, "from azure.storage.queue import QueueClient\n"),
    ],
)
def test_no_rule_sees_a_breach_where_there_is_none(rule: Rule, innocent: str) -> None:
    assert not rule(Source("sync_core/example.py", innocent))


def test_everything_is_caught_only_at_the_outermost_edge() -> None:
    catching = {source.module for source in shipped() if rules.broad_excepts(source)}

    assert catching == set(BROAD_EXCEPTS)


def test_the_core_never_calls_float_and_rounds_only_where_it_is_exact() -> None:
    breaches = {source.module: rules.binary_fractions(source) for source in sources_in("sync_core")}

    assert not [breach for found in breaches.values() for breach in found if breach.endswith("calls float")]
    assert {module for module, found in breaches.items() if found} == set(EXACT_ROUNDS)


def test_no_name_says_nothing() -> None:
    assert _breaches(rules.empty_names, _everything_but_tests()) == []


def test_no_parameter_is_a_bare_id() -> None:
    assert _breaches(rules.bare_ids, _everything_but_tests()) == []


def test_everything_public_says_what_it_is_for() -> None:
    assert _breaches(rules.missing_docstrings, _everything_but_tests()) == []


def test_no_check_is_silenced_without_a_reason() -> None:
    breaches = _breaches(rules.unexplained_suppressions, list(sources()))
    # no type checker reads the tests, so such a comment silences nothing there
    in_force = [breach for breach in breaches if not (breach.startswith("tests/") and "type: ignore" in breach)]

    assert in_force == []


def test_the_environment_is_read_in_one_place() -> None:
    elsewhere = [source for source in shipped() if not source.within("triggers.settings")]

    assert _breaches(rules.environment_reads, elsewhere) == []


def test_shipped_code_cannot_tell_that_it_is_tested() -> None:
    assert _breaches(rules.knowledge_of_tests, shipped()) == []


def test_azure_functions_is_known_to_the_triggers_and_the_host_only() -> None:
    elsewhere = [
        source for source in _everything_but_tests() if not source.within("triggers", "emulators.functions_host")
    ]

    assert _breaches(_imports_of_azure_functions, elsewhere) == []


def test_http_is_spoken_in_the_transport_only() -> None:
    elsewhere = [source for source in shipped() if not source.within("transport")]

    assert _breaches(_imports_of_requests, elsewhere) == []


def test_every_python_file_of_the_project_is_read() -> None:
    read = {source.path for source in sources()}

    assert read == {name for name in project_files() if name.endswith(".py")}
    assert {name.split("/")[0] for name in read} >= {*SHIPPED, "emulators", "tools", "tests", "function_app.py"}
    assert UNSHIPPED
