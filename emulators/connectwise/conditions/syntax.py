"""Grammar of a filter: text to a tree (connectwise.md 3.1).

`and` binds closer than `or`; the documents leave that open, so a careful client writes parentheses.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from emulators.connectwise.errors import find_condition

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<double>"(?:[^"\\]|\\.)*")
      | (?P<single>'(?:[^'\\]|\\.|'')*')
      | (?P<time>\[[^\[\]"']*\])
      | (?P<number>-?\d+(?:\.\d+)?)(?![\w/])
      | (?P<operator>!=|<=|>=|=|<|>)
      | (?P<mark>[(),])
      | (?P<name>[A-Za-z_][\w]*(?:/[A-Za-z_]\w*)*)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)Z?)?", re.ASCII)
_ESCAPE = re.compile(r"\\([\"'\\])")
_DEEPEST = 50
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Time:
    """A time literal as the API writes times."""

    text: str


Value = str | Decimal | bool | Time | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path op value`; op is one of = != < <= > >= contains like."""

    path: str
    op: str
    value: Value
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """`path [not] in (values)`."""

    path: str
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Terms joined by `and`."""

    terms: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Terms joined by `or`."""

    terms: tuple["Expression", ...]


Expression = Comparison | Membership | All | AnyOf


def parse(text: str) -> Expression:
    """Return the tree of a filter; raises ApiError 400 `ApiFindCondition`."""
    return _Parser(text).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "name" else ""


_END = _Token("end", "")


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        expression = self._any_of()
        if self._peek() is not _END:
            raise _unexpected(self._peek())
        return expression

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        if token is not _END:
            self._at += 1
        return token

    def _take_mark(self, mark: str) -> None:
        token = self._take()
        if token.kind != "mark" or token.text != mark:
            raise _unexpected(token)

    def _any_of(self) -> Expression:
        terms = [self._all()]
        while self._peek().word == "or":
            self._take()
            terms.append(self._all())
        return terms[0] if len(terms) == 1 else AnyOf(tuple(terms))

    def _all(self) -> Expression:
        terms = [self._term()]
        while self._peek().word == "and":
            self._take()
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else All(tuple(terms))

    def _term(self) -> Expression:
        if self._peek() != _Token("mark", "("):
            return self._comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise find_condition("The conditions are nested too deeply.")
        self._take()
        expression = self._any_of()
        self._take_mark(")")
        self._depth -= 1
        return expression

    def _comparison(self) -> Expression:
        path = self._take()
        if path.kind != "name":
            raise _unexpected(path)
        operator = self._take()
        if operator.kind == "operator":
            return Comparison(path.text, operator.text, self._value())
        negated = operator.word == "not"
        if negated:
            operator = self._take()
        if operator.word in ("contains", "like"):
            return Comparison(path.text, operator.word, self._string(), negated)
        if operator.word == "in":
            return Membership(path.text, self._list(), negated)
        raise _unexpected(operator)

    def _string(self) -> str:
        value = self._value()
        if not isinstance(value, str):
            raise find_condition("A text in quotes is expected behind contains and like.")
        return value

    def _list(self) -> tuple[Value, ...]:
        self._take_mark("(")
        values = [self._value()]
        while self._peek() == _Token("mark", ","):
            self._take()
            values.append(self._value())
        self._take_mark(")")
        return tuple(values)

    def _value(self) -> Value:
        token = self._take()
        match token.kind:
            case "double":
                return _ESCAPE.sub(r"\1", token.text[1:-1])
            case "single":
                return _ESCAPE.sub(r"\1", token.text[1:-1].replace("''", "'"))
            case "number":
                return Decimal(token.text)
            case "time":
                return _time(token.text)
            case "name" if token.word in _WORDS:
                return _WORDS[token.word]
        raise _unexpected(token)


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise find_condition(f"Syntax error near '{text[at : at + 20].strip()}'.")
        kind = match.lastgroup or ""
        tokens.append(_Token(kind, match[kind]))
        at = match.end()
    return [*tokens, _END]


def _time(text: str) -> Time:
    match = _TIME.fullmatch(text[1:-1].strip())
    if match is None:
        raise find_condition(f"{text} is not a date.")
    return Time(f"{match[1]}T{match[2] or '00:00:00'}Z")


def _unexpected(token: _Token) -> Exception:
    if token is _END:
        return find_condition("Syntax error at the end of the conditions.")
    return find_condition(f"Syntax error near '{token.text}'.")
