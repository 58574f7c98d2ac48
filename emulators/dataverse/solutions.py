"""ImportSolution, as far as it is honest: publisher, solution, web resources and environment variables.

A package that holds tables is accepted only when those tables exist already; nothing else of it is looked at.
"""

import base64
import binascii
import io
import uuid
import zipfile
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from emulators.dataverse.definitions.solution_parts import WEB_RESOURCE
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import DataverseError, invalid_argument, not_emulated
from emulators.dataverse.model import metadata_id
from emulators.dataverse.operations import Operations
from emulators.dataverse.web import Request, Response

_REQUIRED: Final = ("[Content_Types].xml", "solution.xml", "customizations.xml")
_MEMBERS: Final = frozenset(
    {"CustomizationFile", "OverwriteUnmanagedCustomizations", "PublishWorkflows", "ImportJobId"}
)


def import_solution(environment: Environment, request: Request) -> Response:
    """Answer ImportSolution; raises 400 for a package that is broken, 501 for one with more than is emulated."""
    document = request.document("ImportSolution")
    if unknown := set(document) - _MEMBERS:
        raise not_emulated(f"the parameter {min(unknown)} of ImportSolution")
    package = _package(document.get("CustomizationFile"))
    manifest = _xml(package, "solution.xml").find("SolutionManifest")
    if manifest is None:
        raise _broken("solution.xml has no SolutionManifest")
    customizations = _xml(package, "customizations.xml")
    _check_tables(environment, customizations)
    operations = Operations(environment, request.caller, request.references)
    solution_id = _put_solution(environment, operations, manifest)
    for row in _web_resources(package, customizations):
        _put(environment, operations, "webresource", row)
        _put_component(environment, operations, solution_id, row["webresourceid"])
    for row in _environment_variables(package):
        _put(environment, operations, "environmentvariabledefinition", row)
    return Response(HTTPStatus.NO_CONTENT)


def _package(text: Any) -> zipfile.ZipFile:
    try:
        package = zipfile.ZipFile(io.BytesIO(base64.b64decode(text or "", validate=True)))
    except (binascii.Error, zipfile.BadZipFile, TypeError) as error:
        raise _broken("the file is not a base64 encoded zip archive") from error
    names = set(package.namelist())
    for name in _REQUIRED:
        if name not in names:
            raise _broken(f"the package has no {name}")
    return package


def _xml(package: zipfile.ZipFile, name: str) -> Element:
    try:
        return ElementTree.fromstring(package.read(name))  # noqa: S314 - a developer's own package
    except ElementTree.ParseError as error:
        raise _broken(f"{name} is not XML: {error}") from error


def _check_tables(environment: Environment, customizations: Element) -> None:
    for name in customizations.iterfind("Entities/Entity/Name"):
        if (name.text or "").lower() not in environment.schema.tables:
            raise not_emulated(f"tables in a solution package ({name.text}); create them through the metadata API")


def _put_solution(environment: Environment, operations: Operations, manifest: Element) -> str:
    publisher = manifest.find("Publisher")
    unique_name = _text(manifest, "UniqueName")
    if publisher is None or not unique_name:
        raise _broken("solution.xml lacks UniqueName or Publisher")
    publisher_name = _text(publisher, "UniqueName")
    publisher_id = metadata_id("publisher", publisher_name)
    _put(
        environment,
        operations,
        "publisher",
        {
            "publisherid": publisher_id,
            "uniquename": publisher_name,
            "friendlyname": _label(publisher) or publisher_name,
            "customizationprefix": _text(publisher, "CustomizationPrefix"),
            "customizationoptionvalueprefix": int(_text(publisher, "CustomizationOptionValuePrefix") or "10000"),
        },
    )
    solution_id = metadata_id("solution", unique_name)
    _put(
        environment,
        operations,
        "solution",
        {
            "solutionid": solution_id,
            "uniquename": unique_name,
            "friendlyname": _label(manifest) or unique_name,
            "version": _text(manifest, "Version"),
            "publisherid@odata.bind": f"/publishers({publisher_id})",
        },
    )
    return solution_id


def _web_resources(package: zipfile.ZipFile, customizations: Element) -> Iterator[dict[str, Any]]:
    names = set(package.namelist())
    for element in customizations.iterfind("WebResources/WebResource"):
        file_name = _text(element, "FileName").lstrip("/")
        if file_name not in names:
            raise _broken(f"the package has no {file_name}")
        yield {
            "webresourceid": _text(element, "WebResourceId").strip("{}").lower(),
            "name": _text(element, "Name"),
            "displayname": _text(element, "DisplayName") or None,
            "webresourcetype": int(_text(element, "WebResourceType") or "0"),
            "content": base64.b64encode(package.read(file_name)).decode(),
        }


def _environment_variables(package: zipfile.ZipFile) -> Iterator[dict[str, Any]]:
    for name in package.namelist():
        if name.startswith("environmentvariabledefinitions/") and name.endswith("definition.xml"):
            element = _xml(package, name)
            schema_name = element.get("schemaname") or ""
            yield {
                "environmentvariabledefinitionid": metadata_id("environmentvariable", schema_name),
                "schemaname": schema_name,
                "defaultvalue": _text(element, "defaultvalue") or None,
                "type": int(_text(element, "type") or "100000000"),
            }


def _put(environment: Environment, operations: Operations, name: str, row: dict[str, Any]) -> None:
    table = environment.table(name)
    row_id = row[table.primary_id]
    if row_id in environment.store.rows(table).by_id:
        operations.update(table, row_id, row)
    else:
        operations.create(table, row)


def _put_component(environment: Environment, operations: Operations, solution_id: str, object_id: str) -> None:
    component_id = str(uuid.uuid5(uuid.UUID(solution_id), object_id))
    row = {
        "solutioncomponentid": component_id,
        "objectid": object_id,
        "componenttype": WEB_RESOURCE,
        "rootcomponentbehavior": 0,
        "solutionid@odata.bind": f"/solutions({solution_id})",
    }
    _put(environment, operations, "solutioncomponent", row)


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _label(element: Element) -> str | None:
    found = element.find("LocalizedNames/LocalizedName")
    return None if found is None else found.get("description")


def _broken(what: str) -> DataverseError:
    return invalid_argument(f"The solution file is invalid: {what}.")
