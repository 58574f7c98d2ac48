"""App settings: environment variables, `%NAME%` in bindings, connections (functions.md 4.5)."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from emulators.functions_host.refusal import StartRefused

_REFERENCE = re.compile(r"%([^%]+)%")


class Settings:
    """Read-only view of the app settings."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, name: str) -> str | None:
        """Return a setting, None when it is absent or empty."""
        return self._values.get(name) or None

    def resolve(self, text: str, where: str) -> str:
        """Replace each `%NAME%` by its setting; raises StartRefused when one is absent."""

        def value(match: re.Match[str]) -> str:
            found = self.get(match[1])
            if found is None:
                raise StartRefused(f"{where}: the setting {match[1]} in {text!r} is not set")
            return found

        return _REFERENCE.sub(value, text)

    def connection(self, name: str, where: str) -> str:
        """Return the connection string that a binding names: `AzureWebJobs<name>`, else `<name>`."""
        for candidate in (f"AzureWebJobs{name}", name):
            found = self.get(candidate)
            if found is not None:
                return found
            if any(self.get(f"{candidate}__{part}") for part in ("queueServiceUri", "accountName", "credential")):
                raise StartRefused(f"{where}: an identity connection ({candidate}__...) is not emulated")
        raise StartRefused(f"{where}: the connection {name} is not set")

    def is_disabled(self, function_name: str) -> bool:
        """Tell whether `AzureWebJobs.<name>.Disabled` switches a function off."""
        return (self.get(f"AzureWebJobs.{function_name}.Disabled") or "").lower() in ("true", "1")

    def thread_count(self) -> int | None:
        """Return the size of the pool for synchronous functions; None is Python's default."""
        text = self.get("PYTHON_THREADPOOL_THREAD_COUNT")
        if text is None:
            return None
        if not text.isdecimal() or int(text) < 1:
            raise StartRefused("PYTHON_THREADPOOL_THREAD_COUNT must be a whole number of at least 1")
        return int(text)


def read_settings(app_directory: Path) -> Settings:
    """Load `Values` of local.settings.json into the environment, where set variables win, and return the settings."""
    path = app_directory / "local.settings.json"
    if path.is_file():
        try:
            values = json.loads(path.read_bytes()).get("Values", {})
        except (ValueError, AttributeError):
            raise StartRefused("local.settings.json is not a JSON object") from None
        for name, value in values.items():
            if not isinstance(value, str):
                raise StartRefused(f"local.settings.json: {name} must be text")
            os.environ.setdefault(name, value)
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")  # as Core Tools does
    os.environ.setdefault("FUNCTIONS_WORKER_RUNTIME", "python")
    return Settings(os.environ)
