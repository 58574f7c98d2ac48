"""Evidence beside a name: domains and phone numbers in one form, whoever wrote them."""

import re
from urllib.parse import urlsplit

from sync_core.suggestions.texts import folded

PUBLIC_DOMAINS = frozenset(
    {
        # free mail
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "hotmail.de", "hotmail.fr",
        "live.com", "msn.com", "yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "ymail.com", "icloud.com", "me.com",
        "mac.com", "aol.com", "gmx.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "mail.com", "mail.ru",
        "proton.me", "protonmail.com", "t-online.de", "freenet.de", "zoho.com", "yandex.com", "yandex.ru", "qq.com",
        "163.com", "btinternet.com", "sky.com", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "cox.net",
        "bigpond.com", "bellsouth.net", "orange.fr", "free.fr", "laposte.net", "wanadoo.fr", "libero.it", "bluewin.ch",
        # pages that many have under one name
        "facebook.com", "linkedin.com", "instagram.com", "twitter.com", "x.com", "youtube.com", "sites.google.com",
        "google.com", "wixsite.com", "wordpress.com", "blogspot.com", "github.io",
    }
)  # fmt: skip
"""Domains that say nothing about whose they are."""

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://")
_EXTENSION = re.compile(r"(?:ext|x|#|durchwahl|dw)[\s.:]*\d*$")
_TRUNK = re.compile(r"\(0+\)")
_DIGITS_COMPARED = 7
_LONGEST_PREFIX = 4


def domain_of_website(website: str | None) -> str | None:
    """Return the domain of a web address, None when there is none that says whose it is."""
    text = folded(website or "")
    try:
        host = urlsplit(text if _SCHEME.match(text) else f"//{text}").hostname
    except ValueError:
        return None
    return _owned(host or "")


def domain_of_email(email: str | None) -> str | None:
    """Return the domain of an e-mail address, None when there is none that says whose it is."""
    _, at, domain = folded(email or "").rpartition("@")
    return _owned(domain) if at else None


def _owned(host: str) -> str | None:
    domain = host.strip(".").removeprefix("www.")
    is_public = domain in PUBLIC_DOMAINS or any(domain.endswith(f".{public}") for public in PUBLIC_DOMAINS)
    labels = domain.split(".")
    is_domain = len(labels) > 1 and all(label.replace("-", "").isalnum() for label in labels)
    return domain if is_domain and not is_public else None


def phone_digits(phone: str | None) -> str | None:
    """Return the digits of a phone number without leading zeros and extension, None when they are too few."""
    text = _EXTENSION.sub("", folded(phone or ""))
    digits = "".join(char for char in _TRUNK.sub("", text) if char.isdecimal() and char.isascii()).lstrip("0")
    return digits if len(digits) >= _DIGITS_COMPARED else None


def phone_key(digits: str) -> str:
    """Return what two writings of one number have in common: its last digits."""
    return digits[-_DIGITS_COMPARED:]


def is_same_phone(one: str, other: str) -> bool:
    """Tell whether two numbers of `phone_digits` are one, written with or without the prefix of the country."""
    shorter, longer = sorted((one, other), key=len)
    return longer.endswith(shorter) and len(longer) - len(shorter) <= _LONGEST_PREFIX
