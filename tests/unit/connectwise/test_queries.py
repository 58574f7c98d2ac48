"""What a list is asked for."""

import pytest
from pydantic import BaseModel

from connectwise.conditions import compare, one_of
from connectwise.queries import Query, fields_of, url_with
from connectwise.records import Addition, Agreement


def test_only_what_is_set_becomes_a_parameter():
    assert Query().parameters() == {}
    full = Query(
        conditions=compare("deletedFlag", "=", False),
        child_conditions=compare("types/name", "=", "Client"),
        custom_field_conditions=compare("caption", "=", "key"),
        fields=["id", "company/id"],
        order_by="name asc",
    )
    assert full.parameters() == {
        "conditions": "deletedFlag = false",
        "childConditions": 'types/name = "Client"',
        "customFieldConditions": 'caption = "key"',
        "fields": "id,company/id",
        "orderBy": "name asc",
    }


@pytest.mark.parametrize("place", ["child_conditions", "custom_field_conditions"])
def test_in_is_refused_where_connectwise_does_not_know_it(place):
    with pytest.raises(ValueError, match="not available"):
        Query(**{place: one_of("types/id", [1])})


def test_parameters_are_encoded():
    url = url_with("https://host/a", {"conditions": 'name = "A&B+C%"', "fields": "id,company/id"})
    assert url == "https://host/a?conditions=name%20%3D%20%22A%26B%2BC%25%22&fields=id%2Ccompany/id"
    assert url_with("https://host/a", {}) == "https://host/a"


def test_fields_are_the_members_that_a_record_reads():
    assert fields_of(Addition)[:3] == ("id", "product/id", "product/identifier")
    assert {"company/id", "billingCycle/name", "currency/currencyCode", "noEndingDateFlag"} <= set(fields_of(Agreement))


def test_a_member_without_alias_is_read_by_its_name():
    class Plain(BaseModel):
        id: int

    assert fields_of(Plain) == ("id",)
