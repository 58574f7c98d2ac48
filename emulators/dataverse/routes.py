"""From path and method to the operation that answers (dataverse.md 2)."""

from typing import Final
from urllib.parse import unquote

from emulators.dataverse import actions, errors, service
from emulators.dataverse.definitions.editor import SchemaEditor
from emulators.dataverse.definitions.routes import answer_definitions
from emulators.dataverse.environment import Environment
from emulators.dataverse.hooks import custom_api
from emulators.dataverse.paths import Segment, check_length, read_address, read_segments
from emulators.dataverse.row_routes import answer_collection, answer_row
from emulators.dataverse.web import Request, Response

_CRM: Final = "Microsoft.Dynamics.CRM."


class Router:
    """Answers single requests of the Web API; raises DataverseError."""

    def __init__(self, environment: Environment, editor: SchemaEditor) -> None:
        self._environment = environment
        self._editor = editor

    def answer(self, request: Request) -> Response:
        """Answer one request, or one part of a batch."""
        environment = self._environment
        self._editor.keys.finish()
        if request.method == "GET":
            check_length(request.url, in_batch=request.in_batch)
        if request.path == "":
            if request.method != "GET":
                raise errors.wrong_method(request.method)
            return service.service_document(environment, request)
        first, *rest = read_segments(request.path)
        table = environment.schema.by_set.get(first.name)
        if table is not None:
            if first.arguments is None:
                return answer_collection(environment, request, table, rest)
            aliases = {name: value for name, value in request.query if name.startswith("@")}
            return answer_row(environment, request, read_address(table, first.arguments, aliases), rest)
        found = answer_definitions(environment, self._editor, request, first, rest)
        return self._unbound(request, first, rest) if found is None else found

    def _unbound(self, request: Request, first: Segment, rest: list[Segment]) -> Response:
        name = first.name.removeprefix(_CRM)
        if rest:
            raise errors.segment_not_found(first.name)
        if name in service.FUNCTIONS:
            if request.method != "GET":
                raise errors.no_resource(unquote(request.url))
            return service.FUNCTIONS[name](self._environment, request, first)
        if name in service.ACTIONS or name in actions.ACTIONS:
            if request.method != "POST":
                raise errors.no_resource(unquote(request.url))
            if name in service.ACTIONS:
                return service.ACTIONS[name](self._environment, request, first)
            return actions.ACTIONS[name](self._environment, request)
        api = custom_api.find(self._environment, name, custom_api.GLOBAL)
        if api is not None:
            return custom_api.run(self._environment, request, api)
        if name in service.NOT_EMULATED:
            raise errors.not_emulated(name)
        raise errors.segment_not_found(first.name)
