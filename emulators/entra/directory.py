"""Users and applications of the tenant; members are named as in Microsoft Graph where it has them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from cryptography import x509

from emulators.control_plane import SeedError

TENANT_ID = "11111111-1111-4111-8111-111111111111"
API_CLIENT_ID = "22222222-2222-4222-8222-222222222222"
API_SCOPE_NAME = "access_as_user"
API_SCOPE = f"api://{API_CLIENT_ID}/{API_SCOPE_NAME}"
IDENTITY_APPLICATION_ID = "55555555-5555-4555-8555-555555555555"
PASSWORD = "emulator"
CLIENT_SECRET = "emulator-secret"
IDENTITY_HEADER = "emulator-identity-header"
TOKEN_EXCHANGE = "api://AzureADTokenExchange"
APP_ROLES = ("PsaSync.Admin", "PsaSync.Billing", "PsaSync.Reader")
# what a sign-in on behalf of a user may be answered with
ON_BEHALF_OF = ("allowed", "consent_required", "mfa_required")


def object_id(number: int) -> str:
    """Return the fixed object id of a built-in user or service principal."""
    return f"33333333-3333-4333-8333-{number:012d}"


@dataclass(frozen=True, slots=True)
class User:
    """A person; `roles` are app roles on the APIs of the tenant."""

    id: str
    userPrincipalName: str  # noqa: N815  # named as in Graph
    displayName: str  # noqa: N815  # named as in Graph
    password: str = PASSWORD
    roles: list[str] = field(default_factory=list)
    accountEnabled: bool = True  # noqa: N815  # named as in Graph
    onBehalfOf: str = "allowed"  # noqa: N815  # named as in Graph

    @classmethod
    def parse(cls, row: Any, path: str) -> Self:
        """Read a seeded user; raises SeedError."""
        members = _members(cls, row, path, required=("id", "userPrincipalName"))
        members.setdefault("displayName", members["userPrincipalName"])
        if members.get("onBehalfOf", "allowed") not in ON_BEHALF_OF:
            raise SeedError(f"{path}.onBehalfOf: must be one of {', '.join(ON_BEHALF_OF)}")
        return cls(**members)


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """A trust in tokens of another issuer; a managed identity's subject is its object id."""

    issuer: str
    subject: str
    audiences: list[str] = field(default_factory=lambda: [TOKEN_EXCHANGE])

    @classmethod
    def parse(cls, row: Any, path: str) -> Self:
        """Read a seeded credential; raises SeedError."""
        return cls(**_members(cls, row, path, required=("issuer", "subject")))


@dataclass(frozen=True, slots=True)
class Application:
    """An app registration with its service principal, whose object id is `id`.

    `scopes` and `appRoles` are what it offers as an API, `roles` what it was granted on others; `certificates` are
    PEM texts. A public client needs no secret. Redirects to the loopback are always allowed, others must be listed.
    """

    appId: str  # noqa: N815  # named as in Graph
    id: str
    displayName: str  # noqa: N815  # named as in Graph
    identifierUris: list[str] = field(default_factory=list)  # noqa: N815  # named as in Graph
    scopes: list[str] = field(default_factory=list)
    appRoles: list[str] = field(default_factory=list)  # noqa: N815  # named as in Graph
    roles: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    federatedIdentityCredentials: list[FederatedCredential] = field(default_factory=list)  # noqa: N815  # named as in Graph
    redirectUris: list[str] = field(default_factory=list)  # noqa: N815  # named as in Graph
    isPublicClient: bool = False  # noqa: N815  # named as in Graph

    @classmethod
    def parse(cls, row: Any, path: str) -> Self:
        """Read a seeded application; raises SeedError."""
        members = _members(cls, row, path, required=("appId", "id"))
        members.setdefault("displayName", members["appId"])
        members["federatedIdentityCredentials"] = [
            FederatedCredential.parse(credential, f"{path}.federatedIdentityCredentials[{index}]")
            for index, credential in enumerate(members.get("federatedIdentityCredentials", []))
        ]
        for index, certificate in enumerate(members.get("certificates", [])):
            try:
                x509.load_pem_x509_certificate(certificate.encode())
            except ValueError:
                raise SeedError(f"{path}.certificates[{index}]: a certificate in PEM is expected") from None
        return cls(**members)


def _members(kind: type, row: Any, path: str, required: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise SeedError(f"{path}: an object is expected")
    types = {member.name: member.type for member in fields(kind)}
    for name, value in row.items():
        expected = types.get(name)
        if expected is None:
            raise SeedError(f"{path}.{name}: unknown member")
        if expected is bool and not isinstance(value, bool):
            raise SeedError(f"{path}.{name}: true or false is expected")
        if expected is str and not isinstance(value, str):
            raise SeedError(f"{path}.{name}: text is expected")
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if expected == list[str] and not is_list:
            raise SeedError(f"{path}.{name}: a list of texts is expected")
        if expected == list[FederatedCredential] and not isinstance(value, list):
            raise SeedError(f"{path}.{name}: a list is expected")
    for name in required:
        if not row.get(name):
            raise SeedError(f"{path}.{name}: missing")
    return dict(row)


def built_in_users() -> list[User]:
    """Return the three test users, one app role each."""
    return [
        User(object_id(1), "admin@contoso.example", "Ada Admin", roles=["PsaSync.Admin"]),
        User(object_id(2), "billing@contoso.example", "Bill Billing", roles=["PsaSync.Billing"]),
        User(object_id(3), "reader@contoso.example", "Rita Reader", roles=["PsaSync.Reader"]),
    ]


def built_in_applications() -> list[Application]:
    """Return the API, which is the page's client too, and the managed identity."""
    api = Application(
        appId=API_CLIENT_ID,
        id=object_id(8),
        displayName="PSA Sync",
        identifierUris=[f"api://{API_CLIENT_ID}"],
        scopes=[API_SCOPE_NAME],
        appRoles=list(APP_ROLES),
        secrets=[CLIENT_SECRET],
        isPublicClient=True,
    )
    identity = Application(
        appId=IDENTITY_APPLICATION_ID, id=object_id(9), displayName="PSA Sync identity", secrets=[CLIENT_SECRET]
    )
    return [api, identity]


class Directory:
    """The users and applications that exist now."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.applications: dict[str, Application] = {}
        self.reset()

    def reset(self) -> None:
        """Go back to the built-in users and applications."""
        self.users = {user.id: user for user in built_in_users()}
        self.applications = {application.appId: application for application in built_in_applications()}

    def user_named(self, name: str) -> User | None:
        """Return the user with this user principal name, in any letter case."""
        wanted = name.strip().lower()
        return next((user for user in self.users.values() if user.userPrincipalName.lower() == wanted), None)

    def api_named(self, resource: str) -> Application | None:
        """Return the API that a resource names by application id or identifier URI."""
        for application in self.applications.values():
            names = (application.appId, f"api://{application.appId}", *application.identifierUris)
            if resource in names:
                return application
        return None

    def document(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything as a seed would hold it."""
        return {
            "users": [asdict(user) for user in self.users.values()],
            "applications": [asdict(application) for application in self.applications.values()],
        }


def parse_seed(document: Mapping[str, Any]) -> tuple[list[User], list[Application]]:
    """Read `{"users": [...], "applications": [...]}`; raises SeedError."""
    for name, rows in document.items():
        if name not in ("users", "applications"):
            raise SeedError(f"{name}: unknown member; known are applications, users")
        if not isinstance(rows, list):
            raise SeedError(f"{name}: a list is expected")
    users = [User.parse(row, f"users[{index}]") for index, row in enumerate(document.get("users", []))]
    applications = [
        Application.parse(row, f"applications[{index}]") for index, row in enumerate(document.get("applications", []))
    ]
    return users, applications
