"""OpenID configuration and instance discovery."""

from typing import Any


def openid_configuration(base: str, tenant_id: str, issuer: str) -> dict[str, Any]:
    """Return `.well-known/openid-configuration` of version 2."""
    tenant = f"{base}/{tenant_id}"
    return {
        "token_endpoint": f"{tenant}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{tenant}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{tenant}/oauth2/v2.0/logout",
        "code_challenge_methods_supported": ["plain", "S256"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "preferred_username", "name", "tid", "ver",
        ],
        "tenant_region_scope": None,
        "cloud_instance_name": "emulator",
    }  # fmt: skip


def instance_discovery(base: str, tenant_id: str) -> dict[str, Any]:
    """Return the answer of `/common/discovery/instance`."""
    host = base.partition("://")[2]
    return {
        "tenant_discovery_endpoint": f"{base}/{tenant_id}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }
