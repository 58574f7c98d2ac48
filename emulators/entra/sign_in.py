"""The sign-in page: a list of users to pick from, and the redirect that follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode, urlsplit

from emulators.control_plane import FaultAnswer
from emulators.entra.directory import Application, Directory, User
from emulators.entra.errors import EntraError, missing, unknown_application
from emulators.entra.pages import form_that_sends_itself, page, picker
from emulators.entra.scopes import parse_scope
from emulators.entra.sessions import CODE_SECONDS, Code, Sessions
from emulators.entra.tokens import TokenIssuer

COOKIE = "emulated_session"
_RESPONSE_MODES = ("query", "fragment", "form_post")


@dataclass(frozen=True, slots=True)
class Authorization:
    """A checked authorization request; what goes wrong from here on is told to `redirect_uri`."""

    client: Application
    redirect_uri: str
    response_mode: str
    parameters: Mapping[str, str]

    def redirect(self, members: Mapping[str, str]) -> FaultAnswer:
        """Return the answer that carries `members` and the state to the client."""
        state = self.parameters.get("state")
        members = {**members, **({"state": state} if state is not None else {})}
        if self.response_mode == "form_post":
            return page("Working...", form_that_sends_itself(self.redirect_uri, members))
        mark = "#" if self.response_mode == "fragment" else "&" if "?" in self.redirect_uri else "?"
        return FaultAnswer(302, {"location": f"{self.redirect_uri}{mark}{urlencode(members)}"}, b"")


class SignInPage:
    """Answers `/{tenant}/oauth2/v2.0/authorize` and `/logout`."""

    def __init__(self, directory: Directory, sessions: Sessions, issuer: TokenIssuer) -> None:
        self._directory = directory
        self._sessions = sessions
        self._issuer = issuer

    def show(self, parameters: Mapping[str, str], session: str | None) -> FaultAnswer:
        """Return the page, or the redirect at once when `session` is a user who is signed in."""
        authorization = self._checked(parameters)
        prompt = parameters.get("prompt", "")
        user = self._directory.users.get(session or "")
        hinted = parameters.get("login_hint", "").lower()
        if user is not None and hinted and user.userPrincipalName.lower() != hinted:
            user = None
        if prompt == "none" and user is None:
            return self._failed(
                authorization,
                EntraError("login_required", 50058, "A silent sign-in request was sent but no user is signed in."),
            )
        if user is not None and prompt not in ("login", "select_account"):
            return self._signed_in(authorization, user)
        return page("Pick an account", self._picker(authorization, parameters, hinted))

    def pick(self, parameters: Mapping[str, str], picked: str) -> FaultAnswer:
        """Return the redirect for the user that was picked."""
        authorization = self._checked(parameters)
        user = self._directory.users.get(picked)
        if user is None:
            return self._failed(authorization, EntraError("access_denied", 65004, "User declined to sign in."))
        return self._signed_in(authorization, user)

    def sign_out(self, parameters: Mapping[str, str]) -> FaultAnswer:
        """Forget who is signed in."""
        cookie = self._cookie("", "; Max-Age=0")
        target = parameters.get("post_logout_redirect_uri")
        if target and _is_loopback(target):
            return FaultAnswer(302, {"location": target, **cookie}, b"")
        told = page("Signed out", "<p>You are signed out.</p>")
        return FaultAnswer(200, {**told.headers, **cookie}, told.body)

    def _checked(self, parameters: Mapping[str, str]) -> Authorization:
        client_id = parameters.get("client_id")
        if not client_id:
            raise missing("client_id")
        client = self._directory.applications.get(client_id)
        if client is None:
            raise unknown_application(client_id)
        redirect_uri = parameters.get("redirect_uri", "")
        if redirect_uri not in client.redirectUris and not _is_loopback(redirect_uri):
            raise EntraError(
                "invalid_request",
                50011,
                f"The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs "
                f"configured for the application '{client_id}'.",
            )
        if parameters.get("response_type") != "code":
            raise EntraError("unsupported_response_type", 70007, "Only the response type 'code' is emulated.")
        mode = parameters.get("response_mode", "query")
        if mode not in _RESPONSE_MODES:
            raise EntraError("invalid_request", 70007, f"'{mode}' is not a supported value of 'response_mode'.")
        if parameters.get("code_challenge_method", "plain") not in ("plain", "S256"):
            raise EntraError("invalid_request", 501491, "Invalid size or method of Code_Challenge parameter.")
        parse_scope(parameters.get("scope", ""), self._directory)
        return Authorization(client, redirect_uri, mode, parameters)

    def _signed_in(self, authorization: Authorization, user: User) -> FaultAnswer:
        parameters = authorization.parameters
        code = Code(
            user_id=user.id,
            client_id=authorization.client.appId,
            scope=parameters.get("scope", ""),
            expires=self._issuer.now() + CODE_SECONDS,
            redirect_uri=authorization.redirect_uri,
            nonce=parameters.get("nonce"),
            challenge=parameters.get("code_challenge"),
            challenge_method=parameters.get("code_challenge_method", "plain"),
        )
        members = {"code": self._sessions.new_code(code), "session_state": user.id}
        if parameters.get("client_info") == "1":
            members["client_info"] = self._issuer.client_info(user)
        answer = authorization.redirect(members)
        return FaultAnswer(answer.status, {**answer.headers, **self._cookie(user.id)}, answer.body)

    def _cookie(self, value: str, ending: str = "") -> dict[str, str]:
        # as Entra's own: hidden frames of pages on other sites must see it; browsers take None over https only
        same_site = "None; Secure" if self._issuer.base.startswith("https://") else "Lax"
        return {"set-cookie": f"{COOKIE}={value}; Path=/; HttpOnly; SameSite={same_site}{ending}"}

    @staticmethod
    def _failed(authorization: Authorization, error: EntraError) -> FaultAnswer:
        description = f"AADSTS{error.code}: {error.message}"
        return authorization.redirect({"error": error.error, "error_description": description})

    def _picker(self, authorization: Authorization, parameters: Mapping[str, str], hinted: str) -> str:
        enabled = [user for user in self._directory.users.values() if user.accountEnabled]
        # the hinted user comes first
        enabled.sort(key=lambda user: user.userPrincipalName.lower() != hinted)
        return picker(authorization.client.displayName, enabled, parameters)


def error_page(error: EntraError) -> FaultAnswer:
    """Return the page for a request whose redirect URI cannot be trusted."""
    text = f"<p>AADSTS{error.code}: {escape(error.message)}</p>"
    told = page("Sorry, but we're having trouble signing you in.", text)
    return FaultAnswer(error.status, told.headers, told.body)


def _is_loopback(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme in ("http", "https") and parts.hostname in ("localhost", "127.0.0.1")
