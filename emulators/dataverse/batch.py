"""`$batch`: parts in order, change sets as one, stop at the first error unless told to go on (dataverse.md 7)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus

from emulators.dataverse.errors import DataverseError, query_syntax, segment_not_found, wrong_method
from emulators.dataverse.multipart import Answered, ChangeSet, Part, read_batch, service_path, write_batch
from emulators.dataverse.payloads import resolved_reference
from emulators.dataverse.web import Request, Response, error_response

Run = Callable[[list[Callable[[], Response]]], Awaitable[list[Response]]]


class Batch:
    """One `$batch` request.

    `answer` answers one request and raises DataverseError; `run` runs several as one transaction. With
    `nested_errors` false a failed change set is one plain part, as OData asks; true is the form seen from 9.2.
    """

    def __init__(
        self, request: Request, answer: Callable[[Request], Response], run: Run, *, nested_errors: bool
    ) -> None:
        self._request = request
        self._answer = answer
        self._run = run
        self._nested_errors = nested_errors
        self._references: dict[str, str] = {}

    async def response(self) -> Response:
        """Run all parts and return the outer answer."""
        request = self._request
        if request.method != "POST":
            raise wrong_method(request.method)
        items = read_batch(request.headers.get("content-type", ""), request.body)
        answers: list[Answered | list[Answered]] = []
        status = HTTPStatus.OK
        for item in items:
            answer, failed = await (self._change_set(item) if isinstance(item, ChangeSet) else self._single(item))
            answers.append(answer)
            if failed and not request.preferences.continue_on_error:
                status = HTTPStatus.BAD_REQUEST
                break
        content_type, body = write_batch(answers)
        return Response(status, [("Content-Type", content_type)], body)

    async def _single(self, part: Part) -> tuple[Answered, bool]:
        try:
            [response] = await self._run([lambda: self._answer(self._inner(part))])
        except DataverseError as error:
            return Answered(error_response(error), part.content_id), True
        return Answered(response, part.content_id), False

    async def _change_set(self, change_set: ChangeSet) -> tuple[Answered | list[Answered], bool]:
        done: list[str | None] = []

        def step(part: Part) -> Callable[[], Response]:
            def run() -> Response:
                done.append(part.content_id)
                return self._change(part)

            return run

        try:
            responses = await self._run([step(part) for part in change_set.parts])
        except DataverseError as error:
            answered = Answered(error_response(error), done[-1] if done else None)
            return ([answered] if self._nested_errors else answered), True
        parts = zip(responses, change_set.parts, strict=True)
        return [Answered(response, part.content_id) for response, part in parts], False

    def _change(self, part: Part) -> Response:
        if part.content_id is None:
            raise query_syntax("Content-ID header not present.")
        if part.method == "GET":
            raise query_syntax("A GET request is not allowed in a change set.")
        if part.content_id in self._references:
            raise query_syntax(f"The Content-ID '{part.content_id}' is used more than once in the batch.")
        response = self._answer(self._inner(part))
        url = response.header("OData-EntityId")
        if url is None and part.method != "POST":
            url = part.url
        self._references[part.content_id] = url or ""
        return response

    def _inner(self, part: Part) -> Request:
        outer = self._request
        url = part.url
        if url.startswith("$") and not url.startswith("$batch"):
            content_id, slash, rest = url[1:].partition("/")
            url = f"{resolved_reference(content_id, self._references)}{slash}{rest}"
        path = service_path(url, outer.base)
        if path is None:
            raise segment_not_found(url)
        path, _, query = path.partition("?")
        if path == "$batch":
            raise query_syntax("A batch request cannot be nested in another one.")
        headers = {name: value for name, value in outer.headers.items() if name in _INHERITED}
        return replace(
            outer,
            method=part.method,
            path=path,
            raw_query=query,
            headers=headers | part.headers,
            body=part.body,
            in_batch=True,
            references=self._references,
        )


_INHERITED = frozenset({"mscrm.solutionuniquename", "consistency"})
