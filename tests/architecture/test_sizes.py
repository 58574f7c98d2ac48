"""Sizes are a signal to look, not a law: whatever is above a signal is listed here with the reason why it stays."""

from tests.architecture import rules
from tests.architecture.source import Source, sources

MODULE_LINES = 300
FUNCTION_LINES = 40
PUBLIC_METHODS = 8

LONG_MODULES = {
    "dataverse.psasync.records": "the rows and choices of five tables, read as one page; no logic",
}
LONG_FUNCTIONS = {
    "sync_core.mapping.invoice_lines.addition_from_invoice_line": "one statement a member of the addition",
}
WIDE_CLASSES = {
    "sync_core.ports.Jobs": "the port of one pair of tables; a narrower one would split what belongs to a job",
    "dataverse.psasync.jobs.JobRepository": "satisfies the port",
    "connectwise.client.ConnectWiseClient": "one method a kind of request that the API knows",
    "emulators.connectwise.emulated.ConnectWise": "satisfies the protocol of the control plane",
    "emulators.connectwise.rows.Table": "one collection in memory: reads, writes and indexes share their invariants",
    "emulators.dataverse.definitions.editor.SchemaEditor": "one method a kind of change to the metadata",
    "emulators.dataverse.rows.TableRows": "one table in memory: reads, writes and indexes share their invariants",
    "emulators.dataverse.schema.Schema": "pairs of add and remove, one a kind of metadata",
    "emulators.dataverse.store.Store": "all rows with versions, change log and journal in one transaction",
    "emulators.seeds.contoso.charges.ChargeMaker": "one method a kind of invoice line",
}


def _project() -> list[Source]:
    return [source for source in sources() if not source.within("tests")]


def test_modules_above_the_signal_are_known() -> None:
    long = {source.module for source in _project() if rules.module_lines(source) > MODULE_LINES}

    assert long == set(LONG_MODULES)


def test_functions_above_the_signal_are_known() -> None:
    long = {name for source in _project() for name in rules.long_functions(source, FUNCTION_LINES)}

    assert long == set(LONG_FUNCTIONS)


def test_classes_above_the_signal_are_known() -> None:
    wide = {name for source in _project() for name in rules.wide_classes(source, PUBLIC_METHODS)}

    assert wide == set(WIDE_CLASSES)


def test_the_measures_see_what_is_too_large() -> None:
    long = Source("a.py", "def f() -> None:\n" + "    pass\n" * 40)
    wide = Source("a.py", "class A:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(9)))

    assert rules.module_lines(long) == 41
    assert rules.long_functions(long, 40) == {"a.f"}
    assert rules.wide_classes(wide, 8) == {"a.A"}
