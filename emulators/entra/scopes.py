"""What a `scope` parameter asks for: one resource, its permissions, and OpenID extras."""

from dataclasses import dataclass

from emulators.entra.directory import Application, Directory
from emulators.entra.errors import EntraError

OPENID = frozenset({"openid", "profile", "email", "offline_access"})
DEFAULT = ".default"
_URL_SCOPE = "user_impersonation"


@dataclass(frozen=True, slots=True)
class Audience:
    """The resource of a token: an API of the tenant, or any service by its URL, such as a Dataverse organisation."""

    aud: str
    api: Application | None

    def scopes(self) -> list[str]:
        """Return all permissions that a user can delegate."""
        return self.api.scopes if self.api else [_URL_SCOPE]


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed scope; without an `audience` only OpenID scopes were asked for."""

    audience: Audience | None
    permissions: list[str]
    openid: frozenset[str]

    @property
    def wants_default(self) -> bool:
        """Tell whether all granted permissions are asked for."""
        return DEFAULT in self.permissions


def audience_of(resource: str, directory: Directory) -> Audience:
    """Return the audience that a resource names; raises EntraError."""
    api = directory.api_named(resource)
    if api is not None:
        return Audience(api.appId, api)
    if resource.startswith(("https://", "http://")):
        return Audience(resource, None)
    raise EntraError(
        "invalid_resource",
        500011,
        f"The resource principal named {resource} was not found in the tenant. Check the application id URI.",
    )


def parse_scope(text: str, directory: Directory) -> Request:
    """Read a `scope` parameter; raises EntraError for several resources or an unknown permission."""
    words = text.split()
    openid = frozenset(word for word in words if word in OPENID)
    named = [_split(word) for word in words if word not in OPENID]
    resources = {resource for resource, _ in named}
    if len(resources) > 1:
        raise EntraError(
            "invalid_request", 28000, f"The scope '{text}' names more than one resource; only one is allowed."
        )
    if not named:
        return Request(None, [], openid)
    audience = audience_of(resources.pop(), directory)
    permissions = [permission for _, permission in named]
    for permission in permissions:
        if permission not in (DEFAULT, *audience.scopes()):
            raise EntraError(
                "invalid_scope", 70011, f"The provided value for the input parameter 'scope' is not valid: {text}."
            )
    return Request(audience, permissions, openid)


def _split(word: str) -> tuple[str, str]:
    """Divide at the last slash: `https://host//.default` keeps the slash of its resource."""
    resource, slash, permission = word.rpartition("/")
    if not slash or resource.endswith(":/"):
        raise EntraError(
            "invalid_scope", 70011, f"The provided value for the input parameter 'scope' is not valid: {word}."
        )
    return resource, permission
