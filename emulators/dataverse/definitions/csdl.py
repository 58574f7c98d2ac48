"""`$metadata`: the schema as CSDL XML."""

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import quoteattr

from emulators.dataverse.model import Column, OneToMany, Table
from emulators.dataverse.schema import Schema
from emulators.dataverse.values import edm_type

_NAMESPACE: Final = "Microsoft.Dynamics.CRM"
_ALIAS: Final = "mscrm"
_HEAD: Final = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
    f'<Schema Namespace="{_NAMESPACE}" Alias="{_ALIAS}" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
    '<EntityType Name="crmbaseentity" Abstract="true" />'
)
_TAIL: Final = "</Schema></edmx:DataServices></edmx:Edmx>"
_BULK: Final = ("CreateMultiple", "UpdateMultiple", "UpsertMultiple")
_WHO_AM_I: Final = (
    '<Function Name="WhoAmI"><ReturnType Type="mscrm.WhoAmIResponse" Nullable="false" /></Function>'
    '<ComplexType Name="WhoAmIResponse"><Property Name="BusinessUnitId" Type="Edm.Guid" Nullable="false" />'
    '<Property Name="UserId" Type="Edm.Guid" Nullable="false" />'
    '<Property Name="OrganizationId" Type="Edm.Guid" Nullable="false" /></ComplexType>'
)


def csdl(schema: Schema) -> str:
    """Return the whole document."""
    tables = list(schema.tables.values())
    types = "".join(_entity_type(schema, table) for table in tables)
    sets = "".join(_entity_set(schema, table) for table in tables)
    actions = "".join(_bulk_actions(table) for table in tables if table.has_bulk_messages)
    container = f'<EntityContainer Name="System">{sets}<FunctionImport Name="WhoAmI" Function="{_ALIAS}.WhoAmI" />'
    return f"{_HEAD}{types}{_WHO_AM_I}{actions}{container}</EntityContainer>{_TAIL}"


def _entity_type(schema: Schema, table: Table) -> str:
    properties = "".join(_property(table, column) for column in table.columns.values() if column.for_read)
    navigations = "".join(_navigations(schema, table))
    return (
        f'<EntityType Name="{table.logical_name}" BaseType="{_ALIAS}.crmbaseentity">'
        f'<Key><PropertyRef Name="{table.primary_id}" /></Key>{properties}{navigations}{_alternate_keys(table)}'
        "</EntityType>"
    )


def _property(table: Table, column: Column) -> str:
    nullable = ' Nullable="false"' if column.logical_name == table.primary_id else ""
    unicode_text = ' Unicode="false"' if edm_type(column) == "Edm.String" else ""
    scale = ' Scale="Variable"' if edm_type(column) == "Edm.Decimal" else ""
    return f'<Property Name="{column.property_name}" Type="{edm_type(column)}"{nullable}{unicode_text}{scale} />'


def _navigations(schema: Schema, table: Table) -> Iterator[str]:
    for name, relationship in table.lookups.items():
        column = table.columns[relationship.referencing_column]
        target = f"{_ALIAS}.{relationship.referenced_table}"
        yield (
            f'<NavigationProperty Name="{name}" Type="{target}" Partner="{relationship.referenced_navigation}">'
            f'<ReferentialConstraint Property="{column.property_name}" '
            f'ReferencedProperty="{schema.tables[relationship.referenced_table].primary_id}" /></NavigationProperty>'
        )
    for name, navigation in table.collections.items():
        relation = navigation.relationship
        partner = f' Partner="{relation.referencing_navigation}"' if isinstance(relation, OneToMany) else ""
        yield f'<NavigationProperty Name="{name}" Type="Collection({_ALIAS}.{navigation.target})"{partner} />'


def _alternate_keys(table: Table) -> str:
    if not table.keys:
        return ""
    records = "".join(
        '<Record><PropertyValue Property="Key"><Collection>'
        + "".join(
            f'<Record><PropertyValue Property="Alias" String="{table.columns[name].property_name}" />'
            f'<PropertyValue Property="Name" PropertyPath="{table.columns[name].property_name}" /></Record>'
            for name in key.columns
        )
        + "</Collection></PropertyValue></Record>"
        for key in table.keys.values()
    )
    return f'<Annotation Term="OData.Community.Keys.V1.AlternateKeys"><Collection>{records}</Collection></Annotation>'


def _entity_set(schema: Schema, table: Table) -> str:
    bindings = [(name, relation.referenced_table) for name, relation in table.lookups.items()]
    bindings += [(name, navigation.target) for name, navigation in table.collections.items()]
    inner = "".join(
        f"<NavigationPropertyBinding Path={quoteattr(path)} Target={quoteattr(schema.tables[target].set_name)} />"
        for path, target in bindings
    )
    return f'<EntitySet Name="{table.set_name}" EntityType="{_ALIAS}.{table.logical_name}">{inner}</EntitySet>'


def _bulk_actions(table: Table) -> str:
    collection = f'Type="Collection({_ALIAS}.{table.logical_name})" Nullable="false"'
    parts = []
    for name in _BULK:
        returns = f'<ReturnType Type="{_ALIAS}.CreateMultipleResponse" />' if name == "CreateMultiple" else ""
        parts.append(
            f'<Action Name="{name}" IsBound="true"><Parameter Name="entityset" {collection} />'
            f'<Parameter Name="Targets" {collection} />{returns}</Action>'
        )
    return "".join(parts)
