"""Solutions and web resources (dataverse.md 2, 12, 16)."""

import base64
import io
import zipfile
from typing import Any

import pytest

from tests.emulator.dataverse.harness import Organization

pytestmark = pytest.mark.emulator

PAGE = base64.b64encode(b"<h1>push</h1>").decode()
SOLUTION = """<ImportExportXml><SolutionManifest><UniqueName>psasync</UniqueName>
<LocalizedNames><LocalizedName description="PSA Sync" languagecode="1033" /></LocalizedNames>
<Version>1.2.3.4</Version><Managed>0</Managed>
<Publisher><UniqueName>psasyncpublisher</UniqueName>
<LocalizedNames><LocalizedName description="PSA Sync" languagecode="1033" /></LocalizedNames>
<CustomizationPrefix>psasync</CustomizationPrefix><CustomizationOptionValuePrefix>45100</CustomizationOptionValuePrefix></Publisher>
</SolutionManifest></ImportExportXml>"""
CUSTOMIZATIONS = """<ImportExportXml><Entities>{entities}</Entities><WebResources><WebResource>
<WebResourceId>{{12345678-1234-4234-8234-123456789012}}</WebResourceId><Name>psasync_/html/push.html</Name><DisplayName>push</DisplayName>
<WebResourceType>1</WebResourceType><FileName>/WebResources/psasync_htmlpushhtml12345678</FileName></WebResource></WebResources></ImportExportXml>"""
VARIABLE = '<environmentvariabledefinition schemaname="psasync_ServiceUrl"><type>100000000</type><defaultvalue>https://x</defaultvalue></environmentvariabledefinition>'


def package(entities: str = "", **changes: bytes | None) -> str:
    """Return a solution package as base64."""
    files: dict[str, bytes | None] = {
        "[Content_Types].xml": b"<Types />",
        "solution.xml": SOLUTION.encode(),
        "customizations.xml": CUSTOMIZATIONS.format(entities=entities).encode(),
        "WebResources/psasync_htmlpushhtml12345678": b"<h1>imported</h1>",
        "environmentvariabledefinitions/psasync_ServiceUrl/environmentvariabledefinition.xml": VARIABLE.encode(),
        **changes,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            if content is not None:
                archive.writestr(name, content)
    return base64.b64encode(buffer.getvalue()).decode()


def import_package(org: Organization, text: str) -> Any:
    """Import a package."""
    return org.post(
        "ImportSolution",
        {
            "CustomizationFile": text,
            "OverwriteUnmanagedCustomizations": True,
            "PublishWorkflows": True,
            "ImportJobId": "00000000-0000-4000-8000-000000000001",
        },
    )


@pytest.fixture
def solution(org: Organization) -> Organization:
    """An environment with an unmanaged solution `psa`."""
    publisher = org.create(
        "publishers",
        uniquename="psa",
        friendlyname="psa",
        customizationprefix="psa",
        customizationoptionvalueprefix=77887,
    )
    org.create(
        "solutions",
        uniquename="psa",
        friendlyname="psa",
        version="1.0.0.0",
        **{"publisherid@odata.bind": f"/publishers({publisher})"},
    )
    return org


def components(org: Organization) -> list[int]:
    """Return the component types in the solution."""
    rows = org.get("solutioncomponents?$select=componenttype&$filter=solutionid/uniquename eq 'psa'").rows
    return sorted(row["componenttype"] for row in rows)


def test_new_components_join_the_named_solution(solution: Organization) -> None:
    """Section 2: MSCRM.SolutionUniqueName; section 16: component types."""
    headers = {"MSCRM.SolutionUniqueName": "psa"}
    text = {
        "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
        "IsPrimaryName": True,
        "SchemaName": "psa_Name",
    }
    assert (
        solution.post(
            "EntityDefinitions",
            {"SchemaName": "psa_Thing", "OwnershipType": "UserOwned", "Attributes": [text]},
            headers,
        ).status
        == 204
    )
    assert (
        solution.post(
            "GlobalOptionSetDefinitions", {"Name": "psa_choice", "IsGlobal": True, "Options": []}, headers
        ).status
        == 204
    )
    resource = {"name": "psa_/html/push.html", "displayname": "push", "webresourcetype": 1, "content": PAGE}
    assert solution.post("webresourceset", resource, headers).status == 204
    assert components(solution) == [1, 9, 61]
    unknown = solution.post(
        "webresourceset", {**resource, "name": "psa_/b.html"}, {"MSCRM.SolutionUniqueName": "nothing"}
    )
    assert (unknown.status, unknown.code) == (400, "0x80048548")
    assert solution.get("webresourceset?$filter=name eq 'psa_/b.html'").rows == []


@pytest.mark.parametrize(
    "path",
    [
        "/WebResources/psa_/html/push.html",
        "/%7B638000000000%7D/WebResources/psa_/html/push.html",
        "/WebResources/psa_%2Fhtml%2Fpush.html",
    ],
)
def test_web_resources_are_served_as_files(org: Organization, path: str) -> None:
    """Section 12: content is base64; a browser needs no bearer token."""
    org.create("webresourceset", name="psa_/html/push.html", displayname="push", webresourcetype=1, content=PAGE)
    reply = org.get(path, {"Authorization": ""})
    assert (reply.status, reply.body, reply.headers["content-type"]) == (
        200,
        b"<h1>push</h1>",
        "text/html; charset=utf-8",
    )


def test_a_changed_web_resource_is_served_at_once(org: Organization) -> None:
    """Publishing is not needed here."""
    resource = org.create("webresourceset", name="psa_/a.js", webresourcetype=3, content=PAGE)
    org.patch(f"webresourceset({resource})", {"content": base64.b64encode(b"let a;").decode()})
    reply = org.get("/WebResources/psa_/a.js")
    assert (reply.body, reply.headers["content-type"]) == (b"let a;", "text/javascript; charset=utf-8")
    assert org.get("/WebResources/psa_/b.js").status == 404


@pytest.mark.parametrize(
    "change",
    [
        {"name": "push.html"},
        {"name": "psa_/p ush.html"},
        {"content": "no base64!"},
        {"webresourcetype": 99},
        {"webresourcetype": None},
    ],
)
def test_web_resources_are_checked(org: Organization, change: dict[str, Any]) -> None:
    """Section 16: names are legal and prefixed, types in range."""
    assert (
        org.post("webresourceset", {"name": "psa_/a.html", "webresourcetype": 1, "content": PAGE, **change}).status
        == 400
    )


def test_a_package_brings_solution_publisher_and_web_resources(org: Organization) -> None:
    """Section 16: as far as it is honest; importing again updates."""
    for _ in range(2):
        assert import_package(org, package("<Entity><Name>psasync_mapping</Name></Entity>")).status == 204
    [found] = org.get(
        "solutions?$select=uniquename,version,friendlyname&$expand=publisherid($select=customizationprefix)"
    ).rows
    assert (found["version"], found["friendlyname"], found["publisherid"]["customizationprefix"]) == (
        "1.2.3.4",
        "PSA Sync",
        "psasync",
    )
    assert org.get("/WebResources/psasync_/html/push.html").body == b"<h1>imported</h1>"
    assert (
        org.get("environmentvariabledefinitions?$select=schemaname,defaultvalue").rows[0]["defaultvalue"] == "https://x"
    )


def test_unknown_tables_in_a_package_are_not_emulated(org: Organization) -> None:
    """Section 16: tables are made through the metadata API here."""
    assert import_package(org, package("<Entity><Name>psasync_other</Name></Entity>")).status == 501
    assert org.get("solutions").rows == []


@pytest.mark.parametrize(
    "text",
    [
        "rubbish",
        package(**{"solution.xml": None}),
        package(**{"customizations.xml": b"<"}),
        package(**{"[Content_Types].xml": None}),
        package(**{"solution.xml": b"<ImportExportXml />"}),
        package(**{"WebResources/psasync_htmlpushhtml12345678": None}),
    ],
    ids=["no zip", "no manifest file", "no xml", "no content types", "empty manifest", "no file"],
)
def test_broken_packages_are_refused_as_a_whole(org: Organization, text: str) -> None:
    """Section 16: the parts of a package agree."""
    assert import_package(org, text).status == 400
    assert org.get("solutions").rows == []
