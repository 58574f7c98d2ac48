"""Environment of the Functions hosts: all that the app reads."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from emulators.stack.identifiers import API_CLIENT_ID, CONNECTWISE_KEYS, IDENTITY_HEADER, TENANT_ID

_OWN_PREFIX = "PSASYNC_"


def host_environment(
    *, storage: str, entra: str, dataverse: str, authority: Path | None, extra: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables of a host process; PSASYNC_ ones of our own environment win over these.

    `authority` is the PEM file to trust when Entra is served over https.
    """
    variables = {
        "AzureWebJobsStorage": storage,
        "PSASYNC_TENANT_ID": TENANT_ID,
        "PSASYNC_API_CLIENT_ID": API_CLIENT_ID,
        "PSASYNC_AUTHORITY": entra,
        "PSASYNC_DATAVERSE_URL": dataverse,
        "PSASYNC_CONNECTWISE_HOSTS": "127.0.0.1",
        "PSASYNC_CREDENTIAL_CONTOSO": json.dumps(CONNECTWISE_KEYS),
        "IDENTITY_ENDPOINT": f"{entra}/msi/token",
        "IDENTITY_HEADER": IDENTITY_HEADER,
        **trust(authority),
    }
    own = {name: value for name, value in os.environ.items() if name.startswith(_OWN_PREFIX)}
    return {**variables, **own, **extra}


def trust(authority: Path | None) -> dict[str, str]:
    """Return the variables that let Python libraries trust the throw-away authority and pass any proxy by."""
    direct = {"NO_PROXY": "127.0.0.1,localhost"}
    if authority is None:
        return direct
    return {**direct, "REQUESTS_CA_BUNDLE": str(authority), "SSL_CERT_FILE": str(authority)}
