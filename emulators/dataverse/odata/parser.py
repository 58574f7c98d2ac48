"""Parser of `$filter` expressions (dataverse.md 4)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from emulators.dataverse.errors import DataverseError, not_emulated, query_syntax
from emulators.dataverse.json_text import InvalidJsonError, loads
from emulators.dataverse.odata.lexer import Token, tokens
from emulators.dataverse.odata.syntax import (
    Call,
    Comparison,
    Lambda,
    Literal,
    Logical,
    Negation,
    Node,
    Property,
    QueryFunction,
)

COMPARISONS: Final = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
CRM: Final = "Microsoft.Dynamics.CRM."
_STANDARD_CALLS: Final = frozenset({"contains", "startswith", "endswith"})
_REFUSED: Final = {
    "in": "the operator 'in'; use Microsoft.Dynamics.CRM.In",
    "has": "the operator 'has'; use Microsoft.Dynamics.CRM.ContainValues",
    "add": "arithmetic",
    "sub": "arithmetic",
    "mul": "arithmetic",
    "div": "arithmetic",
    "mod": "arithmetic",
}
_MOST_NESTED: Final = 200
_NULL: Final = Literal("null", None)


def parse_filter(text: str, aliases: Mapping[str, str] | None) -> Node:
    """Return the expression of a `$filter`; `aliases` holds the raw text of `@name` parameters, None where they are
    not allowed. Raises 400."""
    parser = Parser(text, aliases)
    node = parser.expression()
    parser.expect_end()
    return node


class Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str, aliases: Mapping[str, str] | None) -> None:
        self._text = text
        self._aliases = aliases
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

    def expression(self) -> Node:
        """Parse `a or b or ...`."""
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise query_syntax("The recursion limit of the expression has been exceeded.")
        operands = [self._conjunction()]
        while self._take_name("or"):
            operands.append(self._conjunction())
        self._depth -= 1
        return operands[0] if len(operands) == 1 else Logical("or", tuple(operands))

    def path(self) -> tuple[str, ...]:
        """Parse `a/b/c`."""
        names = [self._expect("name").text]
        while self._peek("mark", "/"):
            self._next()
            names.append(self._expect("name").text)
        return tuple(names)

    def expect_end(self) -> None:
        """Refuse anything that is left."""
        token = self._tokens[self._at]
        if token.kind != "end":
            if token.kind == "name" and token.text in _REFUSED:
                raise not_emulated(_REFUSED[token.text])
            raise self._error(token)

    def expect_mark(self, mark: str) -> None:
        """Take the given mark."""
        self._expect("mark", mark)

    def take_mark(self, mark: str) -> bool:
        """Take the given mark if it comes next."""
        if self._peek("mark", mark):
            self._next()
            return True
        return False

    def expect_name(self, *names: str) -> str:
        """Take a name, one of `names` when there are any."""
        token = self._expect("name")
        if names and token.text not in names:
            raise self._error(token)
        return token.text

    def _conjunction(self) -> Node:
        operands = [self._negation()]
        while self._take_name("and"):
            operands.append(self._negation())
        return operands[0] if len(operands) == 1 else Logical("and", tuple(operands))

    def _negation(self) -> Node:
        negations = 0
        while self._take_name("not"):
            negations += 1
        node = self._comparison()
        for _ in range(negations):
            node = Negation(node)
        return node

    def _comparison(self) -> Node:
        left = self._operand()
        token = self._tokens[self._at]
        if token.kind == "name" and token.text in COMPARISONS:
            self._next()
            return Comparison(token.text, left, self._operand())
        return left

    def _operand(self) -> Node:
        token = self._tokens[self._at]
        if token.kind == "mark" and token.text == "(":
            self._next()
            node = self.expression()
            self._expect("mark", ")")
            return node
        if token.kind == "name" and token.text not in ("true", "false", "null"):
            return self._named()
        return self.literal()

    def _named(self) -> Node:
        token = self._next()
        if token.text.startswith(CRM):
            return self._query_function(token)
        if self._peek("mark", "("):
            return self._call(token)
        names = [token.text]
        while self.take_mark("/"):
            name = self._expect("name")
            if name.text in ("any", "all") and self._peek("mark", "("):
                return self._lambda(tuple(names), name.text)
            if name.text.startswith(CRM):
                raise not_emulated(f"{name.text} behind a path")
            names.append(name.text)
        return Property(tuple(names))

    def _call(self, token: Token) -> Node:
        if token.text not in _STANDARD_CALLS:
            raise query_syntax(
                f"An unknown function with name '{token.text}' was found. This may also be a function import or a "
                "key lookup on a navigation property, which is not allowed."
            )
        self._expect("mark", "(")
        arguments = [self._operand()]
        while self.take_mark(","):
            arguments.append(self._operand())
        self._expect("mark", ")")
        if len(arguments) != 2:  # all three take a property and a value
            raise query_syntax(f"No function signature for the function with name '{token.text}' matches.")
        return Call(token.text, tuple(arguments))

    def _query_function(self, token: Token) -> Node:
        if not self._peek("mark", "("):  # an enum constant such as Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned'
            value = self._expect("string")
            return Literal("enum", value.text[1:-1])
        self._expect("mark", "(")
        arguments: dict[str, Literal] = {}
        while not self.take_mark(")"):
            name = self._expect("name").text
            self._expect("mark", "=")
            arguments[name] = self.literal()
            if not self._peek("mark", ")"):
                self._expect("mark", ",")
        return QueryFunction(token.text.removeprefix(CRM), arguments)

    def _lambda(self, path: tuple[str, ...], quantifier: str) -> Node:
        self._expect("mark", "(")
        if self.take_mark(")"):
            return Lambda(path, quantifier, "", None)
        variable = self._expect("name").text
        self._expect("mark", ":")
        body = self.expression()
        self._expect("mark", ")")
        return Lambda(path, quantifier, variable, body)

    def literal(self) -> Literal:
        """Parse a constant, an array or an alias."""
        token = self._next()
        match token.kind:
            case "string":
                return Literal("string", token.text[1:-1].replace("''", "'"))
            case "json":
                return self._json_string(token)
            case "number":
                return Literal("number", _number(token.text))
            case "guid":
                return Literal("guid", token.text.lower())
            case "date" | "datetime":
                return Literal(token.kind, token.text)
            case "name" if token.text in ("true", "false"):
                return Literal("boolean", token.text == "true")
            case "name" if token.text == "null":
                return _NULL
            case "alias":
                return self._alias(token)
            case "mark" if token.text == "[":
                return self._array()
        raise self._error(token)

    def _json_string(self, token: Token) -> Literal:
        try:
            return Literal("string", loads(token.text))
        except InvalidJsonError as error:
            raise self._error(token) from error

    def _alias(self, token: Token) -> Literal:
        if self._aliases is None:
            raise query_syntax("Parameter aliases are not supported in $expand.")
        text = self._aliases.get(token.text)
        if text is None:
            return _NULL
        inner = Parser(text, {})
        value = inner.literal()
        inner.expect_end()
        return value

    def _array(self) -> Literal:
        values: list[Literal] = []
        while not self.take_mark("]"):
            values.append(self.literal())
            if not self._peek("mark", "]"):
                self._expect("mark", ",")
        return Literal("list", tuple(values))

    def _peek(self, kind: str, text: str) -> bool:
        token = self._tokens[self._at]
        return token.kind == kind and token.text == text

    def _take_name(self, name: str) -> bool:
        if self._peek("name", name):
            self._at += 1
            return True
        return False

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _expect(self, kind: str, text: str | None = None) -> Token:
        token = self._next()
        if token.kind != kind or (text is not None and token.text != text):
            raise self._error(token)
        return token

    def _error(self, token: Token) -> DataverseError:
        return query_syntax(f"Syntax error at position {token.position} in '{self._text}'.")


def _number(text: str) -> int | Decimal:
    return Decimal(text) if any(mark in text for mark in ".eE") else int(text)
