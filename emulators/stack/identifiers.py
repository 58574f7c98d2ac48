"""Ids and credentials that all parts agree on; outside programs read them from the launcher's JSON line."""

TENANT_ID = "11111111-1111-4111-8111-111111111111"
API_CLIENT_ID = "22222222-2222-4222-8222-222222222222"
API_SCOPE = f"api://{API_CLIENT_ID}/access_as_user"
CONNECTOR_ID = "88888888-8888-4888-8888-000000000001"
IDENTITY_HEADER = "emulator-identity-header"
CONNECTWISE_COMPANY = "contoso"
CONNECTWISE_KEYS = {
    "public_key": "emulator-public",
    "private_key": "emulator-private",
    "client_id": "cccccccc-cccc-4ccc-8ccc-cccccccccccc",
}
