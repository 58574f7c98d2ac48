"""Rules of the house as functions from one file to what is wrong with it (`path:line: what`)."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.architecture.source import Source

FORBIDDEN_WORDS = frozenset({"helper", "helpers", "util", "utils", "manager", "process", "handle", "handler"})
DICTATED_NAMES = frozenset({"init_poolmanager", "proxy_manager_for"})
"""Methods whose names a library's base class dictates (requests.adapters.HTTPAdapter)."""

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_SUPPRESSION = re.compile(
    r"#\s*(?:ruff:\s*)?(?:noqa(?::\s*[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*)?|type:\s*ignore(?:\[[\w\-, ]+\])?"
    r"|pragma:\s*no (?:cover|branch)|nosec\S*|mypy:[^#]*)"
)
_SHORTEST_REASON = 8

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Function = ast.FunctionDef | ast.AsyncFunctionDef


def imported_modules(source: Source) -> Iterator[tuple[int, str]]:
    """Every module that the file names in an import, at any depth; `from a import b` counts as `a` and `a.b`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def imported_names(source: Source) -> Iterator[tuple[int, str]]:
    """Everything that the file imports, as deep as it names it: `from a import b` is `a.b`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def imports_of(source: Source, *packages: str) -> list[str]:
    """Imports of these packages or modules, or of anything below them."""
    found = {
        (line, package)
        for line, name in imported_modules(source)
        for package in packages
        if name == package or name.startswith(f"{package}.")
    }
    return [f"{source.path}:{line}: imports {package}" for line, package in sorted(found)]


def broad_excepts(source: Source) -> list[str]:
    """`except:`, `except Exception` and `except BaseException`, also inside a tuple."""
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        if any(kind is None or getattr(kind, "id", "") in {"Exception", "BaseException"} for kind in caught):
            found.append(f"{source.path}:{node.lineno}: catches everything")
    return found


def binary_fractions(source: Source) -> list[str]:
    """Calls of `float` and `round`: both lose cents."""
    return [
        f"{source.path}:{node.lineno}: calls {node.func.id}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"float", "round"}
    ]


def empty_names(source: Source) -> list[str]:
    """Modules, classes and functions whose name holds a word that says nothing about what they do."""
    named = [(1, part) for part in source.module.split(".")]
    named += [
        (node.lineno, node.name)
        for node in ast.walk(source.tree)
        if isinstance(node, Definition) and node.name not in DICTATED_NAMES
    ]
    return [
        f"{source.path}:{line}: {name}"
        for line, name in named
        if FORBIDDEN_WORDS & {word.lower() for word in _WORD.findall(name)}
    ]


def bare_ids(source: Source) -> list[str]:
    """Functions with a parameter that is called just `id`."""
    return [
        f"{source.path}:{node.lineno}: {node.name}(id)"
        for node in ast.walk(source.tree)
        if isinstance(node, Function)
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        if argument.arg == "id"
    ]


def missing_docstrings(source: Source) -> list[str]:
    """The module, public classes and public functions without a docstring; a Protocol may speak for its methods."""
    module = [] if ast.get_docstring(source.tree) else [f"{source.path}:1: module"]
    return module + [
        f"{source.path}:{node.lineno}: {node.name}"
        for node in _public_definitions(source.tree)
        if not ast.get_docstring(node)
    ]


def _public_definitions(scope: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for node in scope.body:
        if not isinstance(node, Definition) or node.name.startswith("_") or node.name in DICTATED_NAMES:
            continue
        yield node
        if isinstance(node, ast.ClassDef) and not _is_terse_protocol(node):
            yield from _public_definitions(node)


def _is_terse_protocol(node: ast.ClassDef) -> bool:
    methods = [item for item in node.body if isinstance(item, Function)]
    return any(getattr(base, "id", "") == "Protocol" for base in node.bases) and not any(
        ast.get_docstring(method) for method in methods
    )


def unexplained_suppressions(source: Source) -> list[str]:
    """Comments that silence a check without a reason beside them or in a comment just above."""
    comments = {
        token.start[0]: token
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline)
        if token.type == tokenize.COMMENT
    }
    found = []
    for line, token in comments.items():
        if not _SUPPRESSION.search(token.string):
            continue
        above = comments.get(line - 1)
        stands_alone = above is not None and above.line.lstrip().startswith("#")
        reason = _SUPPRESSION.sub("", token.string).strip(" #-:;,()")
        if len(reason) < _SHORTEST_REASON and not stands_alone:
            found.append(f"{source.path}:{line}: {token.string}")
    return found


def environment_reads(source: Source) -> list[str]:
    """Uses of `os.environ`, `os.getenv` and their kin."""
    names = {"environ", "environb", "getenv", "getenvb"}
    return [
        f"{source.path}:{node.lineno}: reads the environment"
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and names & {name.name for name in node.names})
    ]


def knowledge_of_tests(source: Source) -> list[str]:
    """Names and texts (docstrings apart) by which code could tell that it is being tested."""
    suspicious = re.compile(r"emulat|azurite|pytest|unittest|under_?test|testing|fake|dry_?run", re.IGNORECASE)
    docstrings = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    return [
        f"{source.path}:{getattr(node, 'lineno', 1)}: {text}"
        for node in ast.walk(source.tree)
        if id(node) not in docstrings
        for text in _texts(node)
        if suspicious.search(text)
    ]


def _texts(node: ast.AST) -> list[str]:
    match node:
        case ast.Constant(value=str(text)) | ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text):
            return [text]
        case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
            return [text]
        case ast.alias(name=text):
            return [text]
        case ast.keyword(arg=str(text)):
            return [text]
    return []


def module_lines(source: Source) -> int:
    """Number of lines of the file."""
    return source.text.count("\n")


def long_functions(source: Source, limit: int) -> set[str]:
    """Functions of more lines than `limit`, as `module.function`."""
    return {
        f"{source.module}.{node.name}"
        for node in ast.walk(source.tree)
        if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno + 1 > limit
    }


def wide_classes(source: Source, limit: int) -> set[str]:
    """Classes with more public methods than `limit` (properties are not counted), as `module.Class`."""
    return {
        f"{source.module}.{node.name}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and sum(_is_public_method(item) for item in node.body) > limit
    }


def _is_public_method(node: ast.stmt) -> bool:
    if not isinstance(node, Function) or node.name.startswith("_"):
        return False
    return not any(getattr(mark, "id", getattr(mark, "attr", "")) == "property" for mark in node.decorator_list)
