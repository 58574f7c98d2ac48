"""What import-linter cannot see: packages inside packages, single modules, and what really gets loaded."""

import ast
import json
import subprocess
import sys
from collections.abc import Collection

from tests.architecture import rules
from tests.architecture.source import ROOT, SHIPPED, Source, sources_in

COMPOSITION_ROOT = {"triggers.composition", "triggers.screens", "triggers.tenants"}
CONCRETE_CLIENTS = (
    "connectwise.candidates.reader",
    "connectwise.client",
    "connectwise.creation.writer",
    "connectwise.search.reader",
    "connectwise.setup.reader",
    "connectwise.tenant",
    "dataverse.client",
    "dataverse.credentials",
    "dataverse.on_behalf",
    "dataverse.work365.linked.repository",
    "dataverse.work365.repository",
    "dataverse.work365.sources.repository",
    "dataverse.psasync.connectors.repository",
    "dataverse.psasync.audit",
    "dataverse.psasync.ledger",
    "dataverse.psasync.linking.repository",
    "dataverse.psasync.jobs",
    "dataverse.psasync.row_claims",
    "transport.session",
)
PURE_PARTS_OF_CLIENTS = ("records", "errors")


def _impure_imports(files: list[Source], packages: Collection[str]) -> list[str]:
    return [
        f"{source.path}:{line}: {name}"
        for source in files
        for line, name in rules.imported_names(source)
        if name.split(".")[0] in packages and not set(PURE_PARTS_OF_CLIENTS) & set(name.split("."))
    ]


def test_the_core_reads_only_records_and_errors_of_the_clients() -> None:
    assert _impure_imports(sources_in("sync_core"), {"connectwise", "dataverse"}) == []


def test_records_and_errors_of_the_clients_import_no_more_of_the_project_than_each_other() -> None:
    pure = [
        source
        for source in sources_in("connectwise", "dataverse")
        if source.module.rsplit(".", 1)[-1] in PURE_PARTS_OF_CLIENTS
    ]

    assert {"connectwise.records", "connectwise.errors", "dataverse.errors"} <= {source.module for source in pure}
    assert _impure_imports(pure, SHIPPED) == []


def test_packages_below_the_core_import_nothing_by_themselves() -> None:
    """Importing `connectwise.records` runs `connectwise/__init__.py`, which the import graph does not show."""
    opening = [source for source in sources_in("connectwise", "dataverse") if source.path.endswith("__init__.py")]

    assert [source.path for source in opening if list(rules.imported_modules(source))] == []


def test_loading_the_whole_core_loads_neither_http_nor_azure() -> None:
    modules = [source.module for source in sources_in("sync_core")]
    program = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True))
    unwanted = {"requests", "urllib3", "azure", "msal", "http.client", "transport", "triggers", "emulators"}

    assert {"sync_core.push", "connectwise.records"} <= set(loaded)
    assert unwanted & set(loaded) == set()


def test_only_the_composition_root_names_concrete_clients() -> None:
    named = {
        source.module
        for source in sources_in("triggers", "sync_core", "function_app")
        if rules.imports_of(source, *CONCRETE_CLIENTS)
    }

    assert named == COMPOSITION_ROOT


def test_the_entry_imports_triggers_only_and_holds_exactly_one_app() -> None:
    (entry,) = sources_in("function_app")
    imported = {name.split(".")[0] for _, name in rules.imported_modules(entry)}
    assigned = [node for node in entry.tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    statements = [node for node in entry.tree.body if not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)]

    assert imported == {"triggers"}
    assert len(assigned) == 1
    assert statements == assigned


def test_the_host_finds_exactly_one_app_in_the_entry() -> None:
    program = (
        "import azure.functions, function_app\n"
        "kinds = azure.functions.decorators.function_app.FunctionRegister\n"
        "print([name for name, value in vars(function_app).items() if isinstance(value, kinds)])\n"
    )

    assert subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True).strip() == "['app']"
