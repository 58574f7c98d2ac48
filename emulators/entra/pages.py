"""How the sign-in pages look; no script and no file beside them, but for the form that sends itself."""

from collections.abc import Iterable, Mapping
from html import escape

from emulators.control_plane import FaultAnswer
from emulators.entra.directory import User

_HEADERS = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
_STYLE = """
body { margin: 0; background: #f3f2f1; color: #242424; font: 15px/1.4 "Segoe UI", "Open Sans", sans-serif }
main { box-sizing: border-box; max-width: 440px; margin: 8vh auto; padding: 36px 0 24px; background: #fff;
  box-shadow: 0 2px 6px #0003 }
h1 { margin: 0; padding: 0 36px; font-size: 24px; font-weight: 600 }
p { margin: 8px 0 20px; padding: 0 36px; overflow-wrap: anywhere }
ul { margin: 0 0 20px; padding: 0; list-style: none; border-top: 1px solid #e1dfdd }
li { border-bottom: 1px solid #e1dfdd }
li button { display: block; width: 100%; padding: 12px 36px; border: 0; background: none; color: inherit; font: inherit;
  text-align: left; cursor: pointer }
li button:hover { background: #f3f2f1 }
li span { display: block; color: #616161; font-size: 13px }
.plain { margin-left: 36px; padding: 6px 20px; border: 1px solid #8a8886; background: #fff; font: inherit;
  cursor: pointer }
button:focus-visible { outline: 2px solid #0f6cbd; outline-offset: -2px }
footer { margin-top: 24px; padding: 0 36px; color: #616161; font-size: 12px }
"""


def page(title: str, content: str) -> FaultAnswer:
    """Return a page; `title` is text, `content` is HTML."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{content}"
        "<footer>Emulated sign-in. No password is asked for.</footer></main></body></html>"
    )
    return FaultAnswer(200, dict(_HEADERS), text.encode())


def picker(client: str, users: Iterable[User], parameters: Mapping[str, str]) -> str:
    """Return the form with one button a user; it sends `parameters` and, as `picked`, the user's id."""
    buttons = "".join(
        f'<li><button name="picked" value="{escape(user.id)}">{escape(user.displayName)} '
        f"<span>{escape(_line_below(user))}</span></button></li>"
        for user in users
    )
    cancel = '<button class="plain" name="picked" value="">Cancel</button>'
    return (
        f"<p>to continue to {escape(client)}</p>"
        f'<form method="post">{_hidden(parameters)}<ul>{buttons}</ul>{cancel}</form>'
    )


def form_that_sends_itself(action: str, members: Mapping[str, str]) -> str:
    """Return the form of response mode form_post; its button serves where scripts are off."""
    button = '<button class="plain">Continue</button>'
    form = f'<form method="post" action="{escape(action)}">{_hidden(members)}{button}</form>'
    return f"{form}<script>document.forms[0].submit()</script>"


def _line_below(user: User) -> str:
    return " · ".join([user.userPrincipalName, *user.roles])


def _hidden(members: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in members.items()
        if name != "picked"
    )
