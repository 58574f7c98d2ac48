"""Settings come from the environment; what is wrong is named, all at once."""

import pytest

from transport.redaction import Secret
from triggers.settings import (
    CONNECTWISE_CLOUD_HOSTS,
    Settings,
    SettingsInvalid,
    StorageSettings,
    read_credential,
    read_settings,
    read_storage,
)

pytestmark = pytest.mark.unit

LEAST = {
    "PSASYNC_TENANT_ID": "11111111-1111-4111-8111-111111111111",
    "PSASYNC_API_CLIENT_ID": "22222222-2222-4222-8222-222222222222",
    "PSASYNC_DATAVERSE_URL": "https://contoso.crm.dynamics.com",
}


def test_the_least_settings_are_enough_and_the_times_fit_each_other() -> None:
    settings = read_settings(LEAST)
    assert settings.connectwise_hosts == CONNECTWISE_CLOUD_HOSTS
    assert settings.lease_seconds > 2 * settings.post_commit_seconds
    reach = settings.connectwise_connect_timeout_seconds + settings.connectwise_read_timeout_seconds
    assert settings.post_commit_seconds > reach


def test_every_missing_setting_is_named() -> None:
    with pytest.raises(SettingsInvalid) as refusal:
        read_settings({})
    for name in LEAST:
        assert name in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PSASYNC_CONNECTWISE_IN_FLIGHT", "0"),
        ("PSASYNC_CONNECTWISE_REQUESTS_PER_MINUTE", "many"),
        ("PSASYNC_LEASE_SECONDS", "-1"),
        ("PSASYNC_CHUNK_LINES", "1001"),
        ("PSASYNC_CHUNKS_QUEUED", "0"),
        ("PSASYNC_SIGNING_KEYS_COOL_DOWN_SECONDS", "0"),
        ("PSASYNC_INLINE_LIMIT", "2.5"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        read_settings(LEAST | {name: value})


def test_a_lease_that_a_late_commit_could_outlive_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="PSASYNC_LEASE_SECONDS"):
        read_settings(LEAST | {"PSASYNC_LEASE_SECONDS": "200", "PSASYNC_POST_COMMIT_SECONDS": "100"})


def test_a_post_commit_time_shorter_than_the_time_outs_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="PSASYNC_POST_COMMIT_SECONDS"):
        read_settings(LEAST | {"PSASYNC_POST_COMMIT_SECONDS": "60"})


@pytest.mark.parametrize(
    "proofs",
    [
        {"PSASYNC_API_CLIENT_SECRET": "s3cret", "PSASYNC_API_CLIENT_CERTIFICATE": "PEM"},
        {"PSASYNC_API_CLIENT_SECRET": "s3cret", "PSASYNC_API_CLIENT_FEDERATED": "true"},
        {"PSASYNC_API_CLIENT_CERTIFICATE": "s3cret", "PSASYNC_API_CLIENT_FEDERATED": "true"},
    ],
)
def test_the_app_has_one_proof_of_itself_and_a_refusal_does_not_show_it(proofs: dict[str, str]) -> None:
    with pytest.raises(SettingsInvalid, match="only one of") as refusal:
        read_settings(LEAST | proofs)
    assert "s3cret" not in str(refusal.value)
    for name, value in proofs.items():
        settings = read_settings(LEAST | {name: value})
        assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_hosts_are_a_list_with_commas() -> None:
    settings = read_settings(LEAST | {"PSASYNC_CONNECTWISE_HOSTS": "psa.example, 127.0.0.1 ,"})
    assert settings.connectwise_hosts == ("psa.example", "127.0.0.1")


def test_an_empty_value_is_as_good_as_none() -> None:
    assert read_settings(LEAST | {"PSASYNC_SCHEMA_FILE": ""}).schema_file is None


def test_a_credential_is_found_by_its_reference_in_any_letter_case() -> None:
    environment = {"PSASYNC_CREDENTIAL_CONTOSO": "{}"}
    assert read_credential("contoso", environment) == Secret("{}")
    assert read_credential("other", environment) is None


def test_each_setting_has_a_type_that_its_text_can_be_read_as() -> None:
    assert set(Settings.model_fields) >= {"tenant_id", "lease_seconds", "inline_limit"}


def test_the_queues_are_where_the_host_keeps_its_own() -> None:
    assert read_storage({"AzureWebJobsStorage": "x"}) == StorageSettings("x", None)
    assert read_storage({"AzureWebJobsStorage__queueServiceUri": "y"}) == StorageSettings(None, "y")
    by_identity = {"AzureWebJobsStorage__queueServiceUri": "y", "AzureWebJobsStorage__clientId": "z"}
    assert read_storage(by_identity) == StorageSettings(None, "y", "z")
    with pytest.raises(SettingsInvalid, match="AzureWebJobsStorage"):
        read_storage({})
